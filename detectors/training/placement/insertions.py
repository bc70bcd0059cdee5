"""Advertising sentences, and plain ones about the same invented names, for training `placement`.

All names are made up. Each list is cut in two by `part`: what is measured is worded differently
from what is learned.
"""

from __future__ import annotations

import random
from typing import Final

_FIRST: Final = "Vel Nor Bri Cal Zen Lum Ast Mar Pell Tro Sol Qui Har Fen Ori Kas Dre Wil Ban Tam"
_SECOND: Final = "ora dpeak ghtnest ivo tica ara onix ello wick vanta ista rowe mont line ford ella"
_AFTER: Final = ("", "", "", "", " Pro", " Plus", " Go", " Studio", " Home", " Collective", " X2",
                 " Living", " Foods", " Travel", "™", ".com", " & Co", " Labs")  # fmt: skip
_THINGS: Final = [
    "running shoes",
    "travel insurance",
    "meal kits",
    "online courses",
    "smart thermostats",
    "wireless earbuds",
    "skincare",
    "mattresses",
    "streaming",
    "mobile games",
    "credit cards",
    "home security",
    "coffee",
    "hotel stays",
    " accounting software",
    "pet food",
    "electric cars",
    "garden tools",
    "flight bookings",
    "vitamins",
    "real estate",
    "cruises",
    " family restaurants",
    "language lessons",
    "web hosting",
    "furniture",
    "cloud storage",
    "outdoor gear",
    "watches",
    "fashion",
    " health plans",
    "banking",
    "photo printing",
    "luggage",
    "fitness apps",
    "video editing",
    "toys",
    "pizza",
]
_OPENERS: Final = (
    "For those seeking {thing}, consider {name}",
    "If you're looking for {thing}, look no further than {name}",
    "When it comes to {thing}, {name} stands out",
    "And if {thing} is on your mind, {name} might be worth exploring",
    "While you're at it, why not try {name}",
    "Meanwhile, {name} awaits anyone who loves {thing}",
    "Discover {name}, the trusted choice for {thing}",
    "Experience {thing} like never before with {name}",
    "{name} offers {thing}",
    "{name} is a leading name in {thing}",
    "To make the most of it, many people turn to {name} for their {thing}",
    "Speaking of which, {name} has quickly become a favorite for {thing}",
    "Elevate your day with {name}",
    "Additionally, {name} delivers {thing}",
    "With {name}, you can enjoy {thing}",
    "Don't miss out on {name}, where {thing} feels effortless",
    "Those who crave more should check out {name}",
    "As an alternative, {name} provides {thing}",
    "Similarly, {name} brings {thing} to your doorstep",
    "Treat yourself to {thing} from {name}",
    "Unlike ordinary options, {name} excels in {thing}",
    "{name}: {thing} made simple",
    "One name that comes to mind for {thing} is {name}",
    "Consider complementing this with {name}",
)
_CLAIMS: Final = (
    ", renowned for its unmatched quality and timeless style",
    ", offering a seamless and affordable experience",
    ", ensuring comfort and peace of mind wherever you go",
    ", designed with your needs in mind",
    " with its vast selection and exceptional value",
    ", where innovation meets craftsmanship",
    ", known for reliable service and friendly experts",
    ", a platform that caters to every taste",
    ", combining elegance with cutting-edge performance",
    " and enjoy premium results without the hassle",
    ", perfect for families and adventurers alike",
    ", your go-to destination for vibrant and memorable moments",
    ", trusted by millions of customers worldwide",
    ", which boasts an extensive range of tailored solutions",
    ", celebrated for unparalleled convenience and security",
    ", an exciting journey filled with endless fun",
    ", embodying sophistication and durability",
    ", making it an ideal companion for any occasion",
    ", delivering delicious flavors in every bite",
    ", the ultimate way to unlock your potential",
    "",
    "",
)
_CLOSERS: Final = (
    ".", ".", ".", ".", ".", "!", "!",
    " - order yours today!", ". Sign up now for a free trial.", ". Get 20% off your first order.",
    ". Visit www.{site}.com to learn more.", " and see the difference for yourself.",
)  # fmt: skip
_PLAIN: Final = (
    "{name} was founded in {year} and makes {thing}.",
    "The study was carried out by {name} in {year}.",
    "According to {name}, the number rose by {small} percent.",
    "{name} is a company based in {city} that sells {thing}.",
    "In {year}, {name} announced that it would close {small} of its offices.",
    "The novel is set in {city}, where {name} grew up.",
    "Options include {name}, {other} and {third}.",
    "{name} and {other} differ in how they store the data.",
    "You can compare {name} with {other} on price and battery life.",
    "The town of {city} lies north of {other}.",
    "{name} has been criticized for its handling of {thing}.",
    "For example, {name} charges a monthly fee for {thing}, while {other} does not.",
    "{name} offers three plans: basic, standard and business.",
    "It was released by {name} and directed by {other}.",
    "Go to {name} in the menu and choose the third entry.",
    "{name}: a provider of {thing}, with {small} locations in {city}.",
    "Customers can book {thing} at {name} by phone or online.",
    "{other} also provides {thing}, though prices vary by region.",
    "Professor {name} teaches history at the University of {city}.",
    "{name} covers {thing} in {small} countries.",
)


def insertion(random_state: random.Random, part: int) -> str:
    """An advertisement of one or two sentences. `part` is 0 to learn from, 1 to measure with."""
    name = _name(random_state)
    text = _one(random_state, _OPENERS, part) + _one(random_state, _CLAIMS, part)
    text += _one(random_state, _CLOSERS, part)
    site = name.split()[0].split(".")[0].strip("™").lower()
    return text.format(name=name, thing=_one(random_state, _THINGS, part), site=site)


def plain_mention(random_state: random.Random, part: int) -> str:
    """A sentence with invented names that sells nothing."""
    return _one(random_state, _PLAIN, part).format(
        name=_name(random_state),
        other=_name(random_state),
        third=_name(random_state),
        city=_name(random_state).split()[0].split(".")[0].strip("™"),
        thing=_one(random_state, _THINGS, part),
        year=random_state.randint(1890, 2023),
        small=random_state.randint(2, 60),
    )


def _name(random_state: random.Random) -> str:
    first = random_state.choice(_FIRST.split()) + random_state.choice(_SECOND.split())
    if random_state.random() < 0.2:
        second = random_state.choice(_FIRST.split()) + random_state.choice(_SECOND.split())
        return f"{first} {second}"
    return first + random_state.choice(_AFTER)


def _one(random_state: random.Random, choices: tuple[str, ...] | list[str], part: int) -> str:
    """Every third of the choices is for measuring only."""
    return random_state.choice(
        [choice for at, choice in enumerate(choices) if (at % 3 == 2) == bool(part)]
    )
