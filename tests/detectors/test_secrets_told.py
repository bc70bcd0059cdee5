"""Passwords told in a sentence, in the languages that the product reads."""

from __future__ import annotations

import pytest

from detectors.base import Batch, Record
from detectors.secrets import SecretsDetector


@pytest.fixture(scope="module")
def detector():
    made = SecretsDetector(audit_share=0.0)
    made.load()
    return made


ONE, TWO, THREE = "Heck!74-" + "moorBlatt", "Brook&Stone" + "-84", "Qd5!mei" + "hua09"
TOLD = {
    "en": (f"The password is {TWO}.", TWO),
    "en-for": (f"The Wi-Fi password for guests is {TWO}.", TWO),
    "en-colon": (f"password: {TWO}", TWO),
    "en-setting": (f"DB_PASSWORD={TWO}", TWO),
    "de": (f"Das WLAN-Passwort lautet {ONE}.", ONE),
    "de-for": (f"Das Passwort für den alten Drucker lautet {ONE}", ONE),
    "de-of": (f'Das Kennwort des Servers war "{ONE}".', ONE),
    "de-to": (f"Das Passwort zum Router ist nun: {ONE}", ONE),
    "fr": (f"Le mot de passe du réseau invité est {ONE}.", ONE),
    "fr-colon": (f"Le mot de passe de la base est : {ONE}", ONE),
    "es": (f"La contraseña del router es {TWO}", TWO),
    "es-of": (f"La contraseña de la impresora es {ONE}.", ONE),
    "pt": (f"A senha é {ONE}", ONE),
    "pt-of": (f"A senha da rede de visitas é: {TWO}.", TWO),
    "it": (f"La password del portale è {ONE}", ONE),
    "zh": (f"密码是{THREE}。", THREE),
    "zh-blank": (f"密码是 {THREE}", THREE),
    "zh-as": (f"管理员密码为{THREE}", THREE),
    "zh-changed": (f"新密码已改为：{THREE}", THREE),
    "zh-with-a-name": (f"账号是root，密码是{THREE}，请勿外传。", THREE),
    "zh-particle": (f"WiFi的密码就是{THREE}哦", THREE),
    "ja": (f"パスワードは{THREE}です。", THREE),
    "ko": (f"비밀번호는 {THREE}입니다.", THREE),
    "address": ("https://x.io/in?password=hunZ7xq&user=anna", "hunZ7xq"),
    "address-flag": ("https://x.io/in?password=hunZ7xq&amp;lang=de", "hunZ7xq"),
}
NOT_TOLD = (
    "Das Passwort ist falsch.",
    "Das Passwort lautet anders als der Benutzername.",
    "Das Passwort Ihres Kontos ist abgelaufen.",
    "Le mot de passe du compte est obligatoire.",
    "Le secret du bonheur est Saint-Exupéry.",
    "Le mot de passe de l'application est AES-256.",
    "La contraseña de su cuenta es incorrecta.",
    "A senha do cartão é pessoal e intransferível.",
    "密码是必须的。",
    "密码是由8位字符组成的",
    "您的密码为空，请重新输入",
    "密码是6-20位",
    "密码是保护账户的第一道防线，建议用16个字符以上。",
    "密码是iPhone15上设置的那个",
    "密码为AES-256加密",
    "默认密码是password",
    "パスワードは8文字以上にしてください。",
    "비밀번호는 8자 이상이어야 합니다.",
    "password & username are required",
    "if (password && token) return;",
    "The password is <b>required</b> &amp; checked",
)


@pytest.mark.parametrize(("text", "value"), TOLD.values(), ids=TOLD)
def test_a_password_told_in_a_sentence_is_found_and_nothing_around_it(detector, text, value):
    [answer] = detector.score(Batch([Record(record_id="r", output=text)]))
    assert answer.scores["secrets.password"] >= 0.8
    assert [text[one.start : one.end] for one in answer.findings] == [value]


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_is_said_of_passwords_is_none(detector, text):
    [answer] = detector.score(Batch([Record(record_id="r", output=text)]))
    assert answer.scores["secrets.any"] == 0
