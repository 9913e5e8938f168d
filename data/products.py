"""What is offered of an animal: CITES term codes and what they are called."""

from typing import Final

PRODUCTS: Final = {
    "LIV": "live animal",
    "BOD": "dead animal, whole",
    "BON": "bone",
    "CAP": "shell, carapace",
    "CAR": "carving",
    "CLA": "claw",
    "DER": "derivative",
    "EGG": "egg",
    "FOO": "foot",
    "GAB": "gall bladder",
    "GAL": "gall",
    "GEN": "genitalia",
    "HAI": "hair",
    "HAP": "hair product",
    "HEA": "head",
    "HOR": "horn",
    "IJW": "ivory jewellery",
    "IVC": "ivory carving",
    "IVP": "ivory piece",
    "IVS": "ivory scraps",
    "JWL": "jewellery",
    "MEA": "meat",
    "MED": "medicine, glue, wine",
    "OIL": "oil",
    "POW": "powder",
    "RUG": "rug",
    "SCA": "scales",
    "SKE": "skeleton",
    "SKI": "skin",
    "SKO": "leather item",
    "SKP": "skin piece",
    "SKU": "skull",
    "TAI": "tail",
    "TEE": "tooth",
    "TIM": "timber",
    "TRO": "trophy",
    "TUS": "tusk",
    "UNS": "not specified",
}


def product_name(code: str) -> str:
    """Return a product's name, or the code itself when the table does not know it.

    >>> product_name("IVC"), product_name("XYZ")
    ('ivory carving', 'XYZ')
    """
    return PRODUCTS.get(code, code)
