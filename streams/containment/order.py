"""Containment by a configured action: shown, ordered, approved, undone and probed.

Only to be shown, nothing is sent. The order is in the incident's log before anything is.
"""

from __future__ import annotations

import time
import uuid
from typing import Literal, Protocol

import msgspec
from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.containment.action import Action
from streams.containment.fill import Prepared, limits_shown, prepared, values_of
from streams.containment.fit import again, misfit, partly
from streams.containment.patience import quiet_s, too_short
from streams.containment.reader import configured_actions
from streams.containment.run import Effect, call, call_of, probe, probe_call, probed
from streams.containment.secret_values import MissingSecret, read_secrets
from streams.containment.verdicts_since import TRAFFIC_S, Traffic, traffic, verdicts_since
from streams.errors import OutwatchError, UsageError
from streams.incidents.acts import acted_since, drawn_up, problem, refusal, said
from streams.incidents.acts_text import private_text
from streams.incidents.states import state_words
from streams.incidents.steps import (
    Order,
    approval_of,
    asked_for,
    evidence_warning,
    orders,
    seal_line,
)
from streams.inert import every, indented, line
from streams.kafka import acts as on_topic
from streams.kafka.acts import NoAnswer
from streams.kafka.send import NotSent
from streams.records import Act, ActionStep, ActKind, Incident
from streams.rules.load import configured_rules
from streams.suggest import suggestion
from streams.words import count, duration, moment

Doing = Literal["show", "run", "approve", "probe"]

_GRACE_S = 60.0
_ORDER = "(the id of the order)"


class Wish(msgspec.Struct, frozen=True):
    """What somebody wants of an action. `order` is the id of an order to send again, and `digest`
    that of what they were shown, "" for anything."""

    name: str
    actor: str
    doing: Doing = "show"
    undo: bool = False
    reason: str = ""
    alone: bool = False
    anyway: bool = False
    unheard: bool = False
    wait_s: float = 15.0
    revision: int | None = None
    as_json: bool = False
    order: str = ""
    digest: str = ""


class Voice(Protocol):
    """Who is told what is done, while it is."""

    def say(self, text: str) -> None:
        """A line of what was asked for."""

    def warn(self, text: str) -> None:
        """A line beside that."""

    def document(self, value: object) -> None:
        """What a program reads in place of lines, where the wish says `as_json`."""


class ActionFailed(OutwatchError):
    """An action wasn't done, or not as it should be; the incident's log says so too."""


def contain_by(settings: Settings, incident: Incident, wish: Wish, voice: Voice) -> bool:
    """Does what is wished; whether it came to what it was for.

    Raises `UsageError` for what is to be corrected first, `ActionFailed`, what sending an act
    raises, and kafka-python's `KafkaError`.
    """
    action = named_action(settings, wish.name)
    desk = _Desk(settings, incident, action, wish, voice)
    if wish.doing == "probe":
        return desk.probe_last()
    why = misfit(action, incident, undo=wish.undo, anyway=wish.anyway)
    if why:
        raise UsageError(f"Nothing was sent: {why}")
    if wish.doing == "show":
        return desk.show()
    if wish.doing == "approve":
        return desk.approve()
    return desk.run()


def named_action(settings: Settings, name: str) -> Action:
    """The configured action of a name. Raises `UsageError`."""
    actions = configured_actions(settings)
    action = actions.get(name)
    if action is not None:
        return action
    if not settings.actions:
        raise UsageError(
            "Nothing was sent: no actions are configured. Name a file of them with the setting"
            " `actions` (OUTWATCH_ACTIONS)"
        )
    hint = suggestion(name, actions.names) if actions.names else "The actions file has none"
    raise UsageError(f"Nothing was sent: there is no action {name!r}. {hint}")


class _Desk:
    """One incident, one action, and what somebody wants of it."""

    def __init__(
        self,
        settings: Settings,
        incident: Incident,
        action: Action,
        wish: Wish,
        voice: Voice,
    ) -> None:
        self._voice = voice
        self._settings = settings
        self._incident = incident
        self._action = action
        self._wish = wish
        self._id = wish.order or uuid.uuid4().hex
        self._reason, self._actor = wish.reason, wish.actor

    def show(self) -> bool:
        if self._action.two_person:
            self._as_approved()
        what, checked, back, seen = self._seen()
        if self._wish.as_json:
            self._voice.document(
                {
                    "incident": self._incident.id,
                    "action": self._action.name,
                    "undo": self._wish.undo,
                    "target": what.target,
                    "digest": what.digest,
                    "sends": what.shown(),
                    "probe": checked.shown() if checked else [],
                    "undone_by": back.shown() if back else [],
                    "two_person": self._action.two_person,
                    "users": self._incident.users,
                    "records": self._incident.records_above,
                    "recent": seen,
                    "warnings": self._warnings(),
                    "sent": False,
                }
            )
            return True
        self._say_what(what, checked, back, seen)
        undo_option = " --undo" if self._wish.undo else ""
        self._voice.say(
            f"to do it    outwatch incident contain {line(self._incident.id)} --action"
            f" {self._action.name}{undo_option} --run -m WHY"
        )
        return True

    def _seen(self) -> tuple[Prepared, Prepared | None, Prepared | None, Traffic]:
        """The call, its probe and its undo as they are shown, and whom it touches."""
        undo, values = self._action.undo, self._values(_ORDER)
        deployment = self._incident.group.get("deployment", "")
        return (
            self._prepared(_ORDER),
            probe_call(self._action, values),
            None if undo is None else prepared(undo, values),
            traffic(self._settings, deployment, self._action.scope, time.time()),
        )

    def _say_what(
        self, what: Prepared, checked: Prepared | None, back: Prepared | None, seen: Traffic
    ) -> None:
        name = f"the undo of {self._action.name}" if self._wish.undo else self._action.name
        self._voice.say(f"{line(self._incident.id)}: {line(name)}. {line(self._action.does)}")
        self._voice.say("This is what would be sent. Nothing was sent.")
        for shown in what.shown():
            self._voice.say(f"    {line(shown)}")
        self._voice.say(f"good is     {line(limits_shown(what.call))}")
        if not self._wish.undo:
            self._show_probe(checked)
            for number, shown in enumerate(back.shown() if back else []):
                self._voice.say(f"{'undone by' if number == 0 else '':<11} {line(shown)}")
        self._voice.say(f"touches     {line(self._touches(seen))}")
        for warning in self._warnings():
            self._voice.say(f"warning     {line(warning)}")

    def approve(self) -> bool:
        asked = asked_for(self._incident.acts, self._action.name, self._wish.undo)
        if asked is not None:
            self._as_asked(asked)
        if asked is None or not self._is_same(asked):
            raise UsageError(
                f"Nothing was sent: nobody asked for a second person for {self._action.name} as it"
                " is configured now, or it is approved already"
            )
        what, checked, back, seen = self._seen()
        if not self._wish.as_json:
            self._say_what(what, checked, back, seen)
        step = self._step(what, order=asked.act_id)
        self._send("action_approved", self._wish.reason, step, uuid.uuid4().hex)
        if not self._wish.as_json:
            self._voice.say(
                f"{line(asked.actor)} or you can do it within the hour, by the same with --run."
            )
        return True

    def run(self) -> bool:
        self._no_other_order()
        already = again(self._action, self._incident, undo=self._wish.undo)
        if already and not self._wish.anyway:
            raise UsageError(f"Nothing was sent: {already}. If you mean it, add --anyway")
        self._secrets_are_here()
        if self._action.two_person:
            self._as_approved()
        what = self._prepared(self._id)
        if self._wish.digest not in ("", what.digest):
            raise UsageError(
                f"Nothing was sent: what {self._action.name} would send has changed since you"
                " looked. Look at it again"
            )
        step = self._step(what)
        if self._action.two_person:
            step = self._with_second_person(what, step)
        before = time.time()
        self._order(step)
        step = msgspec.structs.replace(
            self._step(what, order=self._id), target=step.target, digest=step.digest
        )
        try:
            answered = call(self._action, what, step, self._tell, before, time.time)
        except MissingSecret as missing:
            raise MissingSecret(f"Nothing was called: {missing}") from None
        name = f"The undo of {self._action.name}" if self._wish.undo else self._action.name
        if answered.outcome == "failed":
            raise ActionFailed(f"{name} failed: {answered.why}. The log of the incident says so")
        if answered.outcome == "unknown" and self._wish.undo:
            raise ActionFailed(f"Whether {name} took effect isn't known: {answered.why}")
        if self._wish.undo:
            self._say_state(f"{self._action.name} is taken back. ", self._incident)
            return True
        return self._probe(self._id, before)

    def probe_last(self) -> bool:
        mine = [
            one
            for one in orders(self._incident.acts)
            if one.step.action == self._action.name and not one.step.undo and one.called
        ]
        if not mine:
            raise UsageError(
                f"There is nothing to probe: {self._action.name} wasn't ordered for"
                f" {self._incident.id}"
            )
        return self._probe(mine[-1].act.act_id, mine[-1].act.at)

    def _probe(self, order: str, ordered_at: float) -> bool:
        what = probe_call(self._action, self._values(order))
        step = ActionStep(action=self._action.name, order=order)
        try:
            effect = probe(
                self._action,
                self._incident,
                what,
                configured_rules(self._settings),
                lambda at: verdicts_since(self._settings, self._incident, at),
                time.time,
                time.sleep,
                lambda text: self._voice.warn(line(text)),
            )
        except MissingSecret as missing:
            effect = Effect(False, False, time.time(), str(missing), unsure=True)
        except TimeoutError:
            why = "the verdicts can't be read"
            effect = Effect(True, False, time.time(), why, what is None, unsure=True)
        after = self._tell("action_probed", effect.why, probed(step, effect, ordered_at))
        if not (effect.held and effect.fallen):
            known = "isn't known to be" if effect.held and effect.unsure else "is not"
            command = f"outwatch incident contain {self._incident.id}"
            again = f"Look again with `{command} --action {self._action.name} --probe`"
            if effect.silent:
                again += f", or say that it is, where nothing is to come: `{command} -m HOW`"
            elif not effect.judgeable:
                again = f"Once you have seen that it is, say so: `{command} -m HOW`"
            raise ActionFailed(f"It {known} contained: {effect.why}. {again}")
        self._say_state("", after)
        return True

    def _say_state(self, before: str, after: Incident) -> None:
        if not self._wish.as_json:
            state = f"{state_words(after.state)}, {after.severity}, revision {after.revision}"
            self._voice.say(f"{before}It is {state}.")

    def _order(self, step: ActionStep) -> None:
        try:
            self._send("action_ordered", self._wish.reason, step, self._id)
        except NoAnswer as silent:
            if self._wish.unheard:
                self._voice.warn(f"{line(str(silent))}. Going on as --without-answer says.")
                return
            note = self._step(self._prepared(self._id), order=self._id)
            note = msgspec.structs.replace(note, outcome="not_called")
            kind: ActKind = "action_undone" if step.undo else "action_done"
            self._tell(kind, "no worker answered the order", note)
            raise ActionFailed(
                "Nothing was called: no worker answered, so nobody can say whether somebody else"
                " acted meanwhile. --without-answer goes on all the same"
            ) from silent

    def _with_second_person(self, what: Prepared, step: ActionStep) -> ActionStep:
        now = time.time()
        results = self._incident.acts
        given = approval_of(results, self._action.name, self._wish.undo, now)
        if given is not None and self._is_same(given[0]):
            approval = given[0]
            return msgspec.structs.replace(
                step, approval=approval.act_id, approved_by=approval.actor[:200]
            )
        if self._wish.alone:
            if not self._wish.reason.strip():
                raise UsageError("Nothing was sent: --self-approve needs --reason")
            return msgspec.structs.replace(step, alone=True)
        asked = asked_for(results, self._action.name, self._wish.undo)
        if asked is None or asked.step is None or asked.step.digest != what.digest:
            asked = None
            self._send("action_asked", self._wish.reason, step, uuid.uuid4().hex)
        by = f"asked for by {asked.actor} at {moment(asked.at)}" if asked else "asked for now"
        undo = " --undo" if self._wish.undo else ""
        raise ActionFailed(
            f"Nothing was called: {self._action.name} needs a second person ({by}), who says"
            f" `outwatch incident contain {self._incident.id} --action {self._action.name}{undo}"
            " --approve`. In an emergency: --self-approve --reason WHY, which everybody is told"
        )

    def _as_asked(self, asked: Act) -> None:
        """What is filled in is what was asked for, whoever orders it: that is what is approved."""
        self._reason, self._actor = asked.text, asked.actor

    def _as_approved(self) -> None:
        given = approval_of(self._incident.acts, self._action.name, self._wish.undo, time.time())
        own = self._reason, self._actor
        if given is not None:
            self._as_asked(given[1])
            if not self._is_same(given[0]):
                self._reason, self._actor = own

    def _is_same(self, act: Act) -> bool:
        """Whether a request or an approval is of what would be sent now."""
        return act.step is not None and act.step.digest == self._prepared(_ORDER).digest

    def _secrets_are_here(self) -> None:
        try:
            read_secrets(self._action)
        except MissingSecret as missing:
            raise MissingSecret(f"Nothing was sent: {missing}") from None

    def _no_other_order(self) -> None:
        if any(one.act.act_id == self._id for one in self._incident.acts):
            raise ActionFailed(
                f"Nothing was sent: the order {self._id} is in the log already. See what came of it"
                f" with `outwatch incident show {self._incident.id}`"
            )
        limit = call_of(self._action, undo=self._wish.undo).timeout_s + _GRACE_S
        for one in self._unknown():
            if time.time() - one.act.at < limit:
                raise ActionFailed(
                    f"Nothing was sent: {one.act.actor} ordered it at {moment(one.act.at)}, and"
                    f" what came of it isn't known yet. Look again in {duration(limit)}"
                )

    def _unknown(self) -> list[Order]:
        return [
            one
            for one in orders(self._incident.acts)
            if one.unknown
            and one.step.action == self._action.name
            and one.step.undo == self._wish.undo
        ]

    def _values(self, order: str) -> dict[str, str]:
        return values_of(self._incident, self._actor, self._reason, order)

    def _prepared(self, order: str) -> Prepared:
        return prepared(call_of(self._action, undo=self._wish.undo), self._values(order))

    def _step(self, what: Prepared, order: str = "") -> ActionStep:
        return ActionStep(
            action=self._action.name,
            target=what.target,
            digest=what.digest,
            order=order,
            undo=self._wish.undo,
        )

    def _show_probe(self, checked: Prepared | None) -> None:
        settings = self._action.probe
        every_ = f"every {duration(max(1, settings.every_s))}, {duration(settings.within_s)} long"
        for number, shown in enumerate(checked.shown() if checked else []):
            self._voice.say(f"{'then looks' if number == 0 else '':<11} {line(shown)}")
        if checked is not None:
            self._voice.say(f"            {line(limits_shown(settings))}, {every_}")
        quiet = duration(quiet_s(settings, self._incident.window_seconds))
        self._voice.say(
            f"contained   when {'that passes and ' if checked else ''}no rule of it is broken by"
            f" what came since, for {quiet} or by enough records"
        )

    def _touches(self, seen: Traffic) -> str:
        scope = self._action.scope
        narrow = [
            f"{of} {', '.join(names)} only"
            for of, names in (("tenants", scope.tenants), ("model versions", scope.models))
            if names
        ]
        of = self._incident.group.get("deployment", "")
        least = "" if seen.whole else "at least "
        return (
            f"{', '.join([of, *narrow])}; {self._met()}; in the last {duration(TRAFFIC_S)}"
            f" {least}{count(seen.records, 'record')} of {count(seen.users, 'known user')} came"
            " from there"
        )

    def _met(self) -> str:
        """Whom the incident met, as far as that is known."""
        one = self._incident
        if not one.users and not one.records_above:
            return "whom the incident met isn't known"
        users = count(one.users, "user") if one.users else "users who aren't known"
        least = "at least " if one.users_capped else ""
        records = count(one.records_above, "record") if one.records_above else "unknown records"
        return f"the incident met {least}{users} in {records}"

    def _warnings(self) -> list[str]:
        found = []
        if already := again(self._action, self._incident, undo=self._wish.undo):
            found.append(f"{already}. --run is refused unless --anyway is added")
        if partial := partly(self._action, self._incident):
            found.append(partial)
        if self._action.two_person:
            found.append("it needs a second person")
        if not self._wish.undo:
            found += filter(None, [too_short(self._action.probe, self._incident.window_seconds)])
        sealed = any(one.act.kind == "evidence_sealed" for one in self._incident.acts)
        if not sealed and not self._wish.undo:
            found.append(
                evidence_warning(self._incident)
                or "no evidence is sealed yet, and this may change it:"
                f" `{seal_line(self._incident)}`"
            )
        found += [
            f"{one.act.actor} ordered it at {moment(one.act.at)}, result unknown: it may have"
            " been sent or not"
            for one in self._unknown()
        ]
        try:
            read_secrets(self._action)
        except MissingSecret as missing:
            found.append(str(missing))
        return found

    def _tell(self, kind: ActKind, text: str, step: ActionStep) -> Incident:
        """Puts what came of the order into the log, whether a worker answers or not."""
        id_ = f"{step.order}/{kind.removeprefix('action_')}"
        if kind == "action_probed":
            id_ = f"{id_}/{uuid.uuid4().hex[:8]}"
        try:
            return self._send(kind, text, step, id_)
        except NoAnswer as silent:
            self._voice.warn(line(str(silent)))
            return self._incident
        except (NotSent, KafkaError) as failure:
            why = "" if isinstance(failure, NotSent) else f" ({type(failure).__name__})"
            act = msgspec.structs.replace(step, order="")
            told = said(drawn_up(self._incident, kind, id_, "", 0.0, text=text, step=act)).strip()
            raise ActionFailed(
                f"The incident's log couldn't be told{why}: {self._wish.actor} {told}. Say so with"
                f" `outwatch incident note {self._incident.id}`, once Kafka answers"
            ) from failure

    def _send(self, kind: ActKind, text: str, step: ActionStep, act_id: str) -> Incident:
        incident = self._incident
        act = drawn_up(incident, kind, act_id, self._wish.actor, time.time(), text=text, step=step)
        if kind in ("action_ordered", "action_asked") and self._wish.revision is not None:
            seen = [one.act.act_id for one in incident.acts if one.revision <= self._wish.revision]
            act = msgspec.structs.replace(
                act, revision=self._wish.revision, seen=seen[-1] if seen else ""
            )
        said_by_us = kind in ("action_done", "action_undone", "action_probed")
        wrong = problem(act) or ("" if said_by_us else private_text(act))
        if wrong:
            raise UsageError(f"Nothing was sent: {wrong}")
        if not said_by_us and (why := refusal(incident, act)):
            since = acted_since(incident.acts, act)
            again = f". Look at it with `outwatch incident show {incident.id}`" if since else ""
            raise ActionFailed(f"Nothing was sent, as {incident.id} wouldn't take it: {why}{again}")
        after, result = on_topic.send_act(self._settings, act, self._wish.wait_s)
        if result.outcome == "refused":
            raise ActionFailed(f"Refused by {after.id}: {result.why}")
        self._incident = after
        if self._wish.as_json:
            self._voice.document(result)
        else:
            shown = every(after, line)
            self._voice.say(f"{shown.id}: {line(act.actor)} {indented(said(act))}")
        return after
