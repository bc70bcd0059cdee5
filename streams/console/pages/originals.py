"""The original of one record: fetched from Kafka for whoever may see it, shown and never kept.

Who looks at one is written down first; where that can't be, nothing is shown.
"""

from __future__ import annotations

from kafka.errors import KafkaError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.config.settings import output_topics
from streams.console.desk import Desk
from streams.console.pages.acts import field, refuse_if_away
from streams.console.render import page
from streams.console.security import Refusal, guarded
from streams.errors import UsageError
from streams.kafka.trouble import refusal as kafka_refusal
from streams.place import parse_place


def show(request: Request, form: FormData) -> Response:
    """The message at a place."""
    desk: Desk = request.app.state.desk
    refuse_if_away(desk)
    try:
        place = parse_place(field(form, "place"))
    except UsageError as wrong:
        raise Refusal(400, str(wrong)) from None
    about = f"{place.topic}/{place.partition}/{place.offset}"
    if place.topic not in output_topics(desk.settings):
        raise Refusal(403, f"{place.topic} is no topic of outputs, so nothing of it is shown.")
    request.app.state.gate.write_down(
        request.state.visitor, "looks at an original", about, field(form, "incident")
    )
    try:
        found = desk.original(place)
    except KafkaError as failure:
        why = kafka_refusal(desk.settings, failure)
        raise Refusal(503, f"Kafka didn't answer ({why}).") from None
    except TimeoutError:
        raise Refusal(503, "Kafka sent nothing for too long.") from None
    if found is None:
        raise Refusal(404, f"{about} isn't kept any more, or never was.")
    return page(
        request,
        "original.html",
        title="An original",
        place=about,
        text=found.decode("utf-8", "replace"),
        incident=field(form, "incident"),
    )


ROUTES = [Route("/original", guarded("originals", show), methods=["POST"])]
