"""What texts call a number, in thirteen languages: an order, a phone, a card, a passport, …

Words end in `*` where more letters may follow, as compounds and endings do in German, Polish or
Turkish ("bestell*" is also "Bestellnummer"). Chinese, Japanese, Korean and Arabic words are
looked for anywhere, since no blank sets them apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, cast

_THINGS: Final = """
hotline* helpline* freephone* switchboard* tollfree servicenummer* kundenservice*
public publishable site primary foreign öffentlich* publique pública pubblica transaktion*
order* purchase* po invoice* bill billing receipt* quotation* quote offer* booking* reservation*
confirmation* ticket* case* issue* incident* job* task* build* run batch* lot part parts product*
item* article* sku model* serial* asset* device* version* release* revision* firmware
transaction* txn trace* span request* correlation* message* thread* event* session* tenant*
project* resource* document* doc docs file* record* row* entry entries line* page* chapter
section* clause appendix object* node* container* pod* process* pid worker* shard* partition*
offset* commit* branch* hash* checksum* digest* fingerprint* etag uuid* guid* nonce*
tracking* parcel* shipment* shipping consignment* package* container* flight* train* seat* gate
delivery waybill* dispatch voucher* coupon* gutschein* promo* campaign* survey* form* protocol*
reference ref refs workflow* pipeline* deployment* cluster* instance* bucket* queue*
video* image* photo* channel* playlist* song* track* asin ean* gtin* upc* isbn* issn* doi* barcode*
gift sd memory graphics boarding iccid* imei* imsi* sim eid meid meter*
counter* sensor* station* machine* engine* vin chassis
timestamp* epoch* unix time date* year* duration* latency elapsed timeout* millisecond*
microsecond* nanosecond* latitude* longitude* lat lon lng coordinate* gps position* altitude
prime* integer* largest smallest maximum minimum seed checkpoint* step* iteration* score* value*
result* count* total* sum amount* price* cost* population* size* length* bytes checksum port* pull
error* status errno oid cve rfc patent* standard* dataset* sample* experiment* specimen* lab
migration* index* group* arn aws azure gcp vpc subnet* ami region* zone* listing* property
contract* claim* application* complaint* docket* matter* warranty* rma inventory*
stock* warehouse* bin pallet* shelf location* catalog* catalogue* recipe*
bestell* rechnung* auftrag* buchung* reservierung* vorgang* ticketnummer* artikel* seriennummer*
sendung* paket* lieferschein* liefer* angebot* fall fallnummer* aktenzeichen* vertrag* beleg*
quittung* chargen* produkt* modell* zähler* zaehler* gerät* geraet* teil* teile* lager* flug*
fahrkarte* platz* kurs* anfrage* sitzung* nachricht* vorfall* datei* zeile* seite* stück*
zeitstempel* messwert* wert summe betrag preis anzahl größte* kleinste* primzahl* auftrags*
pedido* factura* reserva* billete* boleto* envío* envio* paquete* seguimiento rastreo albarán*
albaran* presupuesto* expediente* incidencia* artículo* articulo* producto* modelo* serie lote*
referencia* confirmación confirmacion caso trámite* tramite* contrato* recibo* vuelo* contador*
sesión* sesion* mensaje* archivo* línea* valor importe precio cantidad mayor
commande* facture* réservation* billet* colis expédition* suivi devis dossier* article* produit*
modèle* série* lot référence* confirmation* bon livraison* vol compteur* contrat* incident*
tâche* requête* séance* fichier* ligne* valeur montant prix horodatage reçu* avoir
ordine* ordini fattura* fatture prenotazione* biglietto* spedizione* pacco* tracciamento
preventivo* pratica* articolo* prodotto* modello* lotto* riferimento* conferma* volo contatore*
contratto* ricevuta* bolla sessione* messaggio* richiesta* valore importo prezzo
fatura* encomenda* bilhete* rastreamento orçamento* orcamento* processo* artigo* produto* modelo*
lote referência* confirmação* voo contrato* sessão* mensagem* solicitação* protocolo* nota preço
bestelling* bestelnummer* factuur* boeking* reservering* kaartje zending* pakket* offerte* dossier*
artikel* product* serienummer* partij referentie* bevestiging* vlucht* meterstand* contract*
opdracht* verzoek* sessie* bericht* aanvraag* bon bonnummer* waarde bedrag prijs
zamówieni* zamowieni* faktur* rezerwacj* bilet* przesyłk* przesylk* paczk* ofert* spraw*
zgłoszeni* zgloszeni* artykuł* produkt* model* seri* partii partia referenc* potwierdzeni* lotu
umow* licznik* sesj* wiadomoś* żądani* zadani* zleceni* paragon* wartość kwota cena
sipariş* siparis* fatura* rezervasyon* bilet* kargo* gönderi* gonderi* teklif* talep* ürün* urun*
model* seri parti referans* onay* uçuş* sözleşme* sayaç* oturum* mesaj* işlem* islem* dosya*
makbuz* destek* değer tutar fiyat
заказ* счёт* счет* фактур* брони* билет* посылк* отправлени* накладн* заявк* обращени* товар*
артикул* серийн* модел* партии рейс* договор* сесси* запрос* транзакци* значени* сумма
"""
_THINGS_ANYWHERE: Final = """
订单 訂單 发票 發票 预订 預訂 预约 票号 车票 机票 快递 运单 运单号 单号 物流 报价 案件 工单 商品
产品 型号 序列 批次 编号 会话 请求 交易 流水 航班 合同 参考 确认 追踪 跟踪 时间戳 数值 金额 价格
注文 請求書 予約 チケット 追跡 伝票 見積 案件 商品 製品 型番 品番 シリアル ロット 便名 契約 参照
確認番号 セッション リクエスト 取引 お問い合わせ 受付 管理番号 タイムスタンプ
طلب الطلب طلبك فاتورة الفاتورة حجز الحجز تذكرة التذكرة شحنة الشحنة الطرد تتبع عرض قضية القضية
منتج المنتج طراز تسلسلي دفعة مرجع المرجع تأكيد رحلة عقد جلسة معاملة
주문 송장 예약 티켓 운송장 견적 상품 제품 모델 일련 거래 계약
"""
_PHONES: Final = """
phone* telephone* tel tél mobile* cell cellphone* whatsapp* signal_number sms call calls called
calling ring dial* reach* texting fax* landline* extension voicemail callback
telegram viber handset msisdn
handy* telefon* mobil* mobilfunk* mobilnummer* festnetz* durchwahl* rufnummer* erreich* anruf*
anrufen ruf rufen
teléfono* telefono* móvil* movil* celular* llam* llame llámame fijo contactar
téléphone* portable* joindre joignable* appel* appelez fixe
cellulare* telefonico* chiam* chiamare recapito
telefone* telemóvel* telemovel* ligar ligue ligação
telefoonnummer* telefoon* mobiel* gsm bel bellen bereik*
telefon* komórk* komork* komórkow* zadzwoń* zadzwon* dzwoni* kontaktow*
cep telefonu* telefonu* numaram arayın* arayin* ara arayabilir*
телефон* мобильн* сотов* звон* позвон*
telefonnummer* mobilnummer* ring ringa puhelin* puhelinnumero* telefonszám* puhelimitse τηλέφωνο*
"""
_PHONES_ANYWHERE: Final = """
电话 電話 手机 手機 手機號 座机 致电 拨打 联系方式 電話番号 携帯 ケータイ
連絡先 الهاتف هاتف هاتفه
هاتفها جوال الجوال جواله موبايل اتصل محمول 전화 휴대폰 핸드폰 연락처
휴대전화 טלפון נייד โทร मोबाइल फ़ोन फोन
"""
_CARDS: Final = """
card cards creditcard* cardnumber* visa mastercard amex discover maestro diners jcb
pan cc ccn debit credit cvv cvc
kreditkarte* kreditkarten* debitkarte* bankkarte* karte karten kartennummer* girocard
tarjeta* carte cartes carta cartão cartao cartoes creditcard* betaalkaart* pinpas kaartnummer* kart
kartı kartının karta karty kartę karten* карта карты карте карту карточк*
"""
_CARDS_ANYWHERE: Final = """
信用卡 银行卡 銀行卡 借记卡 卡号 卡號 クレジットカード カード番号 カード بطاقة البطاقة 카드 신용카드
"""
_ACCOUNTS: Final = """
account* acct iban bank* routing sort swift bic transfer* wire payee beneficiary checking savings
konto* kontonummer* bankverbindung* überweis* ueberweis* cuenta* compte* virement* conto bonifico*
conta banco rekening* rekeningnummer* overboek* konta rachun* przelew* hesap* hesab* havale* счёта
реквизит*
"""
_ACCOUNTS_ANYWHERE: Final = """
账户 账号 帐号 銀行口座 口座 振込 银行账户 الحساب حسابه حساب 계좌
"""
_IDENTITIES: Final = """
passport* passeport* pasaporte* passaporto* passaporte* reisepass* paspoort* paszport* pasaport*
паспорт* ssn social security national* identity identification identit* nationality
citizen* resident* personal* ausweis* personalausweis* sozialversicherung* steuer* steuerid*
steueridentifikationsnummer* tax taxpayer* tin tfn itin ein nhs nino insurance* medicare medicaid
health* patient* medical* physician* provider* npi dea licence license* licences licensed driver*
driving führerschein* fuehrerschein* permis permiso patente carnet* carné* conducir rijbewijs*
ehliyet* dni nie nif cif curp cpf cnpj rg dowód* dowod* dowodu pesel nip regon
tckn kimlik* vatandaş* fiscale* codice fiscal* contribuable* sécu* secu
sécurité* nir bsn burgerservice* sofinummer* personnummer* hetu henkilötunnus* cpr aadhaar* aadhar*
voter* epic umid sss philhealth nric fin rrn krn sin nin bvn nid ssnit kra
versicherung* krankenkasse* krankenversicher*
снилс инн полис* водительск* удостоверени* sozial* identidad* seguridad* seguro* identité*
assurance* identità* assicuraz* sanitaria* identidade* segurança* identiteit* verzekering* tożsamoś*
tozsamos* ubezpiecz* sigorta* born birth* geboren dob lanr
bsnr rvnr svnr kvnr mbi frn pnr travel passnummer* passnr pass arzt* betriebsstätten* praxis*
renten* dvla pps ppsn refugee*
"""
_MEMBERS: Final = """
member* membership* customer* client* kundennummer* kunden* mitglied* klient* employee* employer*
personalnummer* student* matrikel* police policy* policyholder* medlem* abonné* adhérent* socio*
socia* cliente* lid lidnummer* klant* członk* üye* müşteri* клиент* член* loyalty frequent
subscriber* abonnent*
"""
_MEMBERS_ANYWHERE: Final = """
会员 會員 学号 工号 会員 学籍 社員 العضوية العميل 회원 고객
"""
_IDENTITIES_ANYWHERE: Final = """
身份证 身份證 护照 護照 社保 驾照 驾驶证 マイナンバー 旅券 パスポート 運転免許 免許証 保険証 会員
جواز الهوية هوية رخصة التأمين 주민등록 여권 면허 외국인등록 บัตรประชาชน เลขประจำตัว תעודת
"""
_SECRETS: Final = """
password* passwort* passcode* passphrase* pin pincode secret* token* api access private signing
encryption credential* otp login canary security kennwort* contraseña* contrasena* clave
senha* wachtwoord* hasło hasła haslo şifre* sifre* parola* пароль*
"""
_SECRETS_ANYWHERE: Final = """
密码 密碼 口令 パスワード 暗証番号 كلمة 비밀번호
"""
_NUMBERS: Final = """
number* no nr num id ids nummer* numero* número* número numéro* numer* numara* numarası numarasi
номер* identifier* key keys code codes codigo código kod kodu key
"""
_NUMBERS_ANYWHERE: Final = """
号码 號碼 番号 号 رقم رقمه رقمها 번호
"""


NameKind = Literal["phone", "card", "account", "identity", "member", "thing", "secret", "number"]

# Of a word in two lists, the first counts.
_LISTS: Final[tuple[tuple[NameKind, str, str], ...]] = (
    ("phone", _PHONES, _PHONES_ANYWHERE),
    ("card", _CARDS, _CARDS_ANYWHERE),
    ("account", _ACCOUNTS, _ACCOUNTS_ANYWHERE),
    ("identity", _IDENTITIES, _IDENTITIES_ANYWHERE),
    ("member", _MEMBERS, _MEMBERS_ANYWHERE),
    ("thing", _THINGS, _THINGS_ANYWHERE),
    ("secret", _SECRETS, _SECRETS_ANYWHERE),
    ("number", _NUMBERS, _NUMBERS_ANYWHERE),
)
_WHOLE: Final[dict[str, NameKind]] = {}
_STEMS: Final[dict[str, NameKind]] = {}
for _kind, _listed, _ in _LISTS:
    for _entry in _listed.split():
        (_STEMS if _entry.endswith("*") else _WHOLE).setdefault(_entry.rstrip("*"), _kind)
_SHORTEST_STEM: Final = min(map(len, _STEMS))
_LONGEST_STEM: Final = max(map(len, _STEMS))
_ANYWHERE: Final = re.compile(
    "|".join(
        f"(?P<{kind}>{'|'.join(map(re.escape, sorted(listed.split(), key=len, reverse=True)))})"
        for kind, _, listed in _LISTS
    )
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_PART: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|[A-Z]|[^\W\d_]")


def names_in(text: str) -> list[tuple[NameKind, int, int]]:
    """Names of numbers in a text with their places, in order; `orderId` and `order_id` too.

    >>> names_in("orderId")
    [('thing', 0, 5), ('number', 5, 7)]
    """
    found: list[tuple[NameKind, int, int]] = []
    for word in _WORD.finditer(text):
        at, spelled = word.start(), word.group()
        if spelled.isascii() and not (spelled[1:].islower() or spelled.isupper()):
            parts = [(part.group(), part.start(), part.end()) for part in _PART.finditer(spelled)]
        else:
            parts = [(spelled, 0, len(spelled))]
        for part, first, last in parts:
            kind = kind_of(part)
            if kind is not None:
                found.append((kind, at + first, at + last))
    if not text.isascii():
        found += [
            (cast("NameKind", match.lastgroup), match.start(), match.end())
            for match in _ANYWHERE.finditer(text)
        ]
        found.sort(key=lambda name: name[1])
    return found


@lru_cache(4_096)
def kind_of(word: str) -> NameKind | None:
    """What a word, of any case, names, or None."""
    word = word.lower()
    kind = _WHOLE.get(word)
    if kind is not None:
        return kind
    for length in range(min(len(word), _LONGEST_STEM), _SHORTEST_STEM - 1, -1):
        kind = _STEMS.get(word[:length])
        if kind is not None:
            return kind
    return None
