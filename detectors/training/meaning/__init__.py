"""Makes the models that judge what a sentence means out of plain files of examples."""
