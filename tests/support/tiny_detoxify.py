"""A Detoxify checkpoint that is really loaded and really answers, of a few kilobytes."""

from __future__ import annotations

from pathlib import Path

CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def make_checkpoint(folder: Path) -> Path:
    """Writes a checkpoint with random weights, and its configuration beside it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    letters = [chr(code) for code in range(97, 123)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "you", "are", "bad", ".", *letters]
    vocabulary += [f"##{letter}" for letter in letters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=40,
        num_labels=len(CLASSES),
    )
    torch.manual_seed(3)
    model = BertForSequenceClassification(config)
    torch.nn.init.normal_(model.classifier.weight, std=5.0)
    config.save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt"), model_max_length=40).save_pretrained(folder)
    arch = {
        "model_type": str(folder),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": len(CLASSES),
    }
    path = folder / "tiny.ckpt"
    torch.save(
        {
            "config": {"dataset": {"args": {"classes": CLASSES}}, "arch": {"args": arch}},
            "state_dict": model.state_dict(),
        },
        path,
    )
    return path
