"""What can be found, in words, and what each kind is worth to the person on call.

Names are Presidio's where it has one. Kept apart from the recognizers, so that signals can
be listed without importing Presidio.
"""

from __future__ import annotations

from typing import NamedTuple


class Hit(NamedTuple):
    """One result: Presidio's name of the entity, code-point offsets, and its score in [0, 1]."""

    entity: str
    start: int
    end: int
    score: float


IDENTIFIERS: dict[str, str] = {
    "ACCESS_CODE": "a password, key or code that the text says is somebody's",
    "AU_MEDICARE": "an Australian Medicare number",
    "AU_TFN": "an Australian tax file number",
    "CA_SIN": "a Canadian social insurance number",
    "CREDIT_CARD": "a payment card number",
    "CRYPTO": "a cryptocurrency wallet address",
    "DATE_OF_BIRTH": "a date given as a date of birth",
    "DE_BSNR": "a German practice number",
    "DE_FUEHRERSCHEIN": "a German driving licence number",
    "DE_HEALTH_INSURANCE": "a German health insurance number",
    "DE_ID_CARD": "a German identity card number",
    "DE_LANR": "a German physician number",
    "DE_PASSPORT": "a German passport number",
    "DE_SOCIAL_SECURITY": "a German social security number",
    "DE_TAX_ID": "a German tax identification number",
    "EMAIL_ADDRESS": "an e-mail address",
    "ES_NIE": "a Spanish identity number of a foreigner",
    "ES_NIF": "a Spanish tax identification number",
    "ES_PASSPORT": "a Spanish passport number",
    "FI_PERSONAL_IDENTITY_CODE": "a Finnish personal identity code",
    "IBAN_CODE": "an international bank account number",
    "IN_AADHAAR": "an Indian Aadhaar number",
    "IN_PAN": "an Indian permanent account number",
    "IN_PASSPORT": "an Indian passport number",
    "IN_VOTER": "an Indian voter card number",
    "IT_DRIVER_LICENSE": "an Italian driving licence number",
    "IT_FISCAL_CODE": "an Italian fiscal code",
    "IT_IDENTITY_CARD": "an Italian identity card number",
    "IT_PASSPORT": "an Italian passport number",
    "KR_DRIVER_LICENSE": "a Korean driving licence number",
    "KR_FRN": "a Korean registration number of a foreigner",
    "KR_PASSPORT": "a Korean passport number",
    "KR_RRN": "a Korean resident registration number",
    "MEDICAL_LICENSE": "a medical licence number",
    "NG_NIN": "a Nigerian national identification number",
    "PASSPORT": "a passport number",
    "PHONE_NUMBER": "a phone number",
    "PH_PASSPORT": "a Philippine passport number",
    "PH_TIN": "a Philippine taxpayer number",
    "PH_UMID": "a Philippine multi-purpose identity number",
    "PL_PESEL": "a Polish PESEL number",
    "SE_PERSONNUMMER": "a Swedish personal identity number",
    "SG_NRIC_FIN": "a Singaporean identity number",
    "STREET_ADDRESS": "a street address",
    "TH_TNIN": "a Thai national identification number",
    "TR_NATIONAL_ID": "a Turkish national identification number",
    "UK_DRIVING_LICENCE": "a British driving licence number",
    "UK_NHS": "a British NHS number",
    "UK_NINO": "a British national insurance number",
    "UK_PASSPORT": "a British passport number",
    "UNLABELLED_VALUE": "an answer that is nothing but an identifier, key or code",
    "US_BANK_NUMBER": "a bank account number",
    "US_DRIVER_LICENSE": "a US driving licence number",
    "US_ITIN": "a US individual taxpayer number",
    "US_MBI": "a US Medicare beneficiary number",
    "US_NPI": "a US provider number",
    "US_PASSPORT": "a US passport number",
    "US_SSN": "a US social security number",
    "ZA_ID_NUMBER": "a South African identity number",
    "ZA_PASSPORT": "a South African passport number",
}
"""Kinds that point at one person and count into `pii.any`."""

MINOR: dict[str, str] = {
    "ABA_ROUTING_NUMBER": "a US bank routing number",
    "AU_ABN": "an Australian business number",
    "AU_ACN": "an Australian company number",
    "DATE_TIME": "a date",
    "IN_GSTIN": "an Indian goods and services tax number",
    "IN_VEHICLE_REGISTRATION": "an Indian vehicle registration",
    "IP_ADDRESS": "an IP address",
    "IT_VAT_CODE": "an Italian VAT number",
    "KR_BRN": "a Korean business number",
    "MAC_ADDRESS": "a hardware address",
    "NG_VEHICLE_REGISTRATION": "a Nigerian vehicle registration",
    "SE_ORGANISATIONSNUMMER": "a Swedish organisation number",
    "SG_UEN": "a Singaporean business number",
    "UK_POSTCODE": "a British postcode",
    "UK_VEHICLE_REGISTRATION": "a British vehicle registration",
}
"""Kinds that are reported, but alone say too little of a person to count into `pii.any`."""

NAMED: dict[str, str] = {
    "LOCATION": "the name of a place",
    "NRP": "a nationality, religion or political group",
    "ORGANIZATION": "the name of an organisation",
    "PERSON": "the name of a person",
}
"""Kinds that only a spaCy model finds; a name alone is no leak."""

OPTIONAL: dict[str, str] = {
    "AGE": "somebody's age",
    "TITLE": "a form of address before a name",
    "URL": "a web address",
}
"""Minor kinds that are too common in ordinary answers to be looked for unasked."""

DESCRIPTIONS: dict[str, str] = {**IDENTIFIERS, **MINOR, **OPTIONAL, **NAMED}
DEFAULT_ENTITIES: tuple[str, ...] = tuple(sorted({*IDENTIFIERS, *MINOR, "PERSON"}))
