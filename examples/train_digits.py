"""Train `digits.cat` on scikit-learn's handwritten digits: ordinary PyTorch, with catnn for the model.

    python examples/train_digits.py [--epochs 8] [--seed 0] [--eager]

Exits with 1 if the accuracy on images that were not trained on is below 96 %.
"""

import argparse
import sys
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.functional import cross_entropy
from tqdm import tqdm

import catnn

BATCH = 64
TARGET = 0.96


def split(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images `[n, 1, 8, 8]` from 0 to 1 and labels: three quarters to train on, one to test."""
    digits = load_digits()
    images = torch.tensor(digits.images / 16, dtype=torch.float32)[:, None]
    labels = torch.tensor(digits.target)
    train, test = train_test_split(range(len(labels)), stratify=labels, random_state=seed)
    return images[train], labels[train], images[test], labels[test]


def main() -> int:
    parser = argparse.ArgumentParser(description="train digits.cat")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--eager", action="store_true", help="do not compile")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    x, y, x_test, y_test = split(options.seed)
    model = catnn.load(Path(__file__).with_name("digits.cat"))["digits"].bind()
    module = model.torch(seed=options.seed) if options.eager else model.compile(seed=options.seed)
    optimiser = torch.optim.AdamW(module.parameters(), lr=2e-3, weight_decay=0.01)

    # Whole batches only, so that a compiled model sees one shape.
    steps = len(x) // BATCH
    bar = tqdm(total=options.epochs * steps, desc="training", unit="step")
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=bar.total)
    for _ in range(options.epochs):
        for batch in torch.randperm(len(x))[: steps * BATCH].split(BATCH):
            loss = cross_entropy(module(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            bar.update()
        bar.set_postfix(loss=f"{loss.item():.3f}")
    bar.close()

    module.eval()
    with torch.no_grad():
        accuracy = (module(x_test).argmax(-1) == y_test).float().mean().item()
    print(f"test accuracy {accuracy:.1%} on {len(x_test)} images")
    return 0 if accuracy >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
