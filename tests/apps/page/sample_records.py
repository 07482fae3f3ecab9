"""Records that a run may have besides those every training writes: made up, but of the form Carousel writes."""

import cmath
import json
import math
import random


def add_analysis(run, steps=40, units=16):
    """flow/analysis.json of a cell with four gates, before and after training."""
    chance = random.Random(1)

    def eigenvalues(radius):
        return [
            [z.real, z.imag]
            for z in (cmath.rect(radius * math.sqrt(chance.random()), chance.uniform(-math.pi, math.pi)) for _ in range(units))
        ]

    def figures(radius, slope):
        curve = [slope * (steps - 1 - t) for t in range(steps)]
        curve[0] = None
        share = [2.0 ** -(lag + 1) for lag in range(steps)]
        place = {"layer": 0, "direction": "forward"}
        return {
            "curves": [{**place, "last_loss": {"h": curve, "c": [v and v / 2 for v in curve]}, "every_step": None, "gates": {}}],
            "blocks": [
                {**place, "gate": gate, "eigenvalues": eigenvalues(radius), "spectral_radius": radius, "sigma_max": 1.7 * radius}
                for gate in ("input", "forget", "cell", "output")
            ],
            "jacobians": [{**place, "steps": steps, "log10_singular_values": [-i for i in range(units)], "resolved": 9}],
            "lyapunov": [{**place, "steps": steps, "exponents": [-0.05 * i for i in range(units - 1)] + [None]}],
            "lags": [{**place, "log10_norm": [slope * lag for lag in range(steps)], "share": share}],
            "truncation": [
                {"steps": k, "cosine": 1 - 0.5 / k, "angle_degrees": math.degrees(math.acos(1 - 0.5 / k)), "norm_ratio": 1 - 0.3 / k}
                for k in (1, 5, 10, 20)
            ],
            "memory": [{**place, "steps": [1.2, 3.4, 9.8]}],
            "notes": [],
        }

    analysis = {
        "run": str(run),
        "checkpoint": "best",
        "task": "adding",
        "cell": "lstm",
        "states": ["h", "c"],
        "gates": ["input", "forget", "cell", "output"],
        "keep_gate": "forget",
        "steps": steps,
        "sequences": 8,
        "initial": figures(0.6, -0.4),
        "trained": figures(1.1, -0.05),
    }
    (run / "flow" / "analysis.json").write_text(json.dumps(analysis))


def add_verdict(run, verdict="vanishing"):
    (run / "verdict.json").write_text(
        json.dumps(
            {
                "verdict": verdict,
                "update": 12,
                "since": 1,
                "sentence": "the gradient dies on its way back",
                "option": "--chrono-tmax 100",
                "evidence": [{"figure": "dh_log10", "value": -25.1, "limit": -12, "text": "dh 10^-25.1 over 99 steps"}],
                "history": [{"update": 1, "verdict": verdict}],
            }
        )
    )


def add_spikes(run, updates=(3,)):
    lines = [
        {
            "update": update,
            "of": "gradient norm",
            "value": 30.5,
            "median": 1.2,
            "z": 9.1,
            "seed": 1,
            "batches": [update, update],
            "examples": [],
            "leader": {"parameter": "weight_hh_l0", "norm": 27.0, "share": 0.8},
            "layers": [],
            "replay": f"carousel train --config {run}/config.toml --train-for {update}u",
        }
        for update in updates
    ]
    (run / "flow" / "spikes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def add_figures_to_metrics(run):
    """What newer runs write into every line."""
    path = run / "metrics.jsonl"
    lines = []
    for number, text in enumerate(path.read_text().splitlines()):
        line = json.loads(text)
        if line["kind"] == "update":
            line.update(
                dh_log10=None if number == 5 else -8 + 7 * math.tanh(line["update"] / 1000),
                dh_steps=99,
                keep_gate=0.73,
                memory_steps=3.2 + line["update"] / 400,
                update_ratio=2e-3 / (1 + line["update"] / 500),
                saturated={"input": 0.01, "forget": 0.2 * math.tanh(line["update"] / 900), "cell": 0.03, "output": 0.002},
            )
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n")


def break_off_gradients(run):
    """Makes the gradient of the first half of every sequence underflow."""
    path = run / "flow" / "norms.jsonl"
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    for line in lines:
        for layer in line["layers"]:
            half = len(layer["log10_dh"]) // 2
            layer["log10_dh"][:half] = [None] * half
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
