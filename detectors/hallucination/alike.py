"""Words by which people say the same of goods, opening hours, travel and work.

`GROUPS` maps a root to the word that stands for all that mean the same there; `TURNED` maps a stem
to that word where it says the contrary ("closed": not open). `EMPTY` are words of politeness and
of speaking, which say nothing that documents could bear out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from detectors._text.words import stem, word_set


@lru_cache(maxsize=1 << 14)
def root(word: str) -> str:
    """The stem of a word's stem, that "repay" and "repayment" have in common."""
    return stem(stem(word[:-1] if len(word) == 4 and word[-1] == "s" != word[-2] else word))


_ALIKE: Final = """
open opens opened opening hours accessible serve serves served geöffnet offen öffnet öffnen auf
 ouvert ouverte ouverts ouvertes ouvre ouvrent abierto abierta abiertos abre abren
 aperto aperta apre
serve serves served serving offer offers offered
start starts started starting begin begins began beginning commence commences onwards
end ends ended ending finish finishes expire expires expired over final last
cost costs price prices priced pay pays paid paying fee fees charge charged charges payment tariff
 rate pricing worth total totals
free gratis complimentary
include includes included including cover covers covered covering contain contains comprise
 comprises consist consists feature features come comes
extra additional additionally further another more supplement surcharge added
child children kid kids
adult adults grown-up grown-ups
car cars vehicle vehicles automobile automobiles
bike bikes bicycle bicycles cycle cycling
photo photos photograph photographs photography picture pictures
bag bags backpack backpacks luggage baggage suitcase suitcases rucksack
buy buys bought purchase purchases purchased order orders ordered
place places placed put puts made make
send sends sent ship ships shipped shipping shipment deliver delivers delivered delivery deliveries
 post dispatch dispatched mail
arrive arrives arrived arrival come comes came reach reaches receive receives received receiving get
 gets got delivery delivered deliver delivers expected send sends sent
parcel parcels package packages
return returns returned returning bring back
refund refunds refunded reimburse reimbursed reimbursement repaid repay money paid pay pays
item items product products article articles goods
fault faults faulty defect defects defective
damage damages damaged broken break breaks
drop drops dropped dropping fall falls fell fallen
decrease decreases decreased reduce reduced reduction drop dropped fall fell fallen sink sank
 decline declined shrink shrank
increase increases increased rise rises rose risen grow grew grown climb climbed
repair repairs repaired fix fixed fixes mend mended
last lasts lasted lasting take takes took run runs duration long need needs
need needs needed require requires required must mandatory necessary obligatory compulsory
bring brings bringing carry carries carrying take takes taking
allow allowed allows permit permitted permits may can welcome possible admitted accepted accept able
under below younger less lower smaller fewer colder
over above older more higher greater exceed exceeds larger bigger exceeding
maximum max most limit limited limits up highest
minimum min least lowest
big large huge
small little tiny
holiday holidays vacation vacations leave
employee employees staff colleague colleagues worker workers personnel
request requests requested submit submits submitted apply applied application file filed demand
advance ahead beforehand prior before
doctor doctors physician physicians
ill sick illness sickness
visit visits visitor visitors visiting come guest guests
person persons people someone somebody anyone anybody everyone everybody individuals
guide guided guides
press pressed pressing push hold holding
keep keeps kept hold
back rear behind
underneath underside under bottom
light lights lamp lamps lighting
turn turns become becomes
reset resets default factory
restart restarts reboot reboots
password passwords passcode
lose loses lost losing
cancel cancels cancelled canceled cancelling cancellation terminate terminated quit
discount discounts reduction off rebate
train trains trained training workout exercise
book books booked booking bookings reserve reserves reserved reservation reservations appointment
 appointments
seat seats seating place places room capacity hold holds fit fits
belong belongs go goes put puts
heavy weigh weighs weight weighed weighing
tall high height
long length
wide width
fast speed quick quickly
far range distance travel travels
temperature temperatures warm cold colder degrees
depart departs departed departure leave leaves leaving
shut shuts shutting close closes closed closing
pet pets dog dogs cat cats
food meal meals dish dishes eat kitchen
replace replaces replaced replacement new substitute
block blocks blocked blocking lock locks locked locking
immediately once right away straight instantly promptly
liable liability
rinse rinses rinsed clean cleans cleaned cleaning wash washes washed
consumption consume consumes use uses used using usage
use uses used using apply
grant grants subsidy subsidies funding
average averages mean
installation install installed installs installing installer
recommend recommends recommended advise advised advisable should
space spaces spot spots
floor floors level levels storey
course courses class classes lesson lessons
participant participants group groups party people attendee attendees
knowledge experience skills
register registers registered registration registering sign join member membership enrol
 enrolment signup
attempt attempts tries try
reuse reuses reusing
tap taps click clicks press choose select selects selected pick picks open opens go
collect collects collected collection pickup picked pick
twice times
medicine medicines medication medications
result results outcome outcomes
ready available
switch switches change changes changed
handle handled handles process processes processing processed dealt deal deals
valid validity
proof evidence confirmation
translate translated translation
trip trips journey journeys travel travels ride rides crossing
receipt receipts invoice invoices bill
guarantee guaranteed guarantees warranty
borrow borrows borrowed loan loans lend
renew renews renewed renewal extend extends extended extension
fine fines penalty
late overdue delayed
release releases released publish published came come launched
memory ram
save saves saved saving stored
expect expects expected due should likely
wrong incorrect false
technician technicians engineer engineers
show shows showing shown display displays displayed
theft stolen steal
contract contracts agreement term
common frequent frequently main usual usually often
reason reasons cause causes
monthly month
rent rents rented rental rentals renting hire hired
reopen reopens reopened
renovate renovated renovation refurbish refurbished refurbishment work works
website online web internet
customer customers client clients
accompany accompanied accompanies company
stay stays remain remains
admission entry enter enters entrance ticket tickets
ticket tickets pass passes
found establish established founded
build built constructed construction
member members
manager head lead boss
each every per
offer offers offered provide provides provided have has give gives given
phone telephone call
within inside
near nearby close
quiet silence silent
path route trail way
shop store
say says state states tell tells
team staff
second other
today now current currently
also too both
contact reach call
mistake error errors
big major
print printed prints
available offered offers
"""
_CONTRARY: Final = """
open closed close closes closing shut shuts geschlossen
 geschlossene schließt fermé fermée fermés fermées ferme
 cerrado cerrada cerrados cierra chiuso chiusa chiude
allow forbidden prohibited banned disallowed verboten
include excluded excludes exclude
need optional voluntary unnecessary
possible impossible
eat fast
safe unsafe dangerous poisonous toxic
available unavailable
valid invalid
"""
# What the sort of a figure says, as words do.
OF_SORT: Final = {
    "length": ("long", "tall", "wide", "far", "distance", "size"), "mass": ("heavy",),
    "duration": ("last", "duration"), "time": ("time",), "degrees": ("temperature", "warm"),
    "money": ("cost", "buy"), "date": ("date",),
}  # fmt: skip
EMPTY: Final = frozenset(
    map(
        root,
        word_set(
            """
    please sorry unfortunately thank thanks hello hi hey sure certainly course yes no dear good
    morning afternoon evening day great happy glad help hope welcome note simply just also then
    currently usually normally generally typically well way easy easily still already even way
    want would like could should can may might must will shall let know see find look here there
    you your yours we our ours us i me my it its they them their one ones someone something anything
    everything nothing own want wants able overview following follows short summary answer question
    details information info according document documents says case cases means mean so therefore
    however additionally moreover instead i.e e.g etc namely such both either whether only about
    does do did done is are be been being has have had take takes get gets got go goes come comes
    make makes made give gives gave put keep kept bring use uses used using step steps first second
    next finally lastly afterwards firstly total all whole around again else than more most least up
    roughly approximately exactly during while once since because if when where what who which how
    as rest order too thing things time times number point further really actually specifically
    people person persons everyone everybody whenever whatever much single standard regular normal
    same enough onwards available place places another came right away max maximum minimum aged
    age ages size sizes dimension dimensions process
    processing processed bis zum zur vom von alle
    automatically always longer later earlier soon start set sit including included regarding
    bitte leider gerne ja nein haben hat wir sie ihr ihre wird werden sind ist bei uns am um im
    oui non vous nous votre merci désolé est sont il elle y avec sí hay que por usted su nosotros
    è sono si prego voi pouvez peut peuvent pouvoir devez doit prendre faire fait avoir être avant
    après chez entre comme alors aussi puede pueden poder debe hacer antes después entre como
    también sale hasta desde kann können muss müssen darf dürfen sollte beim nach vor ab pro schon
    noch nur etwa rund gibt geht dann auch oder wenn dass diese dieser
    """
        ),
    )
)


def _table(rows: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows.replace("\n ", " ").strip().split("\n"):
        first, *_ = words = row.split()
        for word in words:
            one = root(word)
            if first not in found.get(one, ()):
                found[one] = (*found.get(one, ()), first)
    return found


GROUPS: Final = _table(_ALIKE)
TURNED: Final = {
    word: first
    for row in _CONTRARY.replace("\n ", " ").strip().split("\n")
    for first, *words in (row.split(),)
    for word in words
}
