"""Tables for runs of `series` in Python: read as `carousel predict` reads them, and answers in the unit of the data.

    from carousel_torch import table
    model, tables = table.load("runs/series-lstm-001")          # carousel_torch.load's module, and how its tables are read
    for window in tables.read("new.csv"):                          # pandas: tables.read(frame.astype(str).to_dict("list"))
        output, _ = model(window.input)                           # [T, 1, F] -> what the network says
        values = tables.in_units(output, window)                   # [H, K, Q], [T, K, Q] or [1, K, Q]; of classes [..., C]

A file is comma-separated text with a header; another separator and the like are csv.reader's arguments. Needs torch, and
safetensors for the weights.

T steps, F features, H rows ahead, K targets, Q quantiles (or 1), C classes.
"""

import csv
import gzip
import json
import math
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import torch

from . import model
from .times import calendar_place, divmod_month, parse_time, times_of  # noqa: F401  those of a calendar feed an ONNX graph too

MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "None", "?"}


class Window(NamedTuple):
    """Rows that are read at once: the last of a forecast's run of rows, or a whole group."""

    input: torch.Tensor  # [T, 1, F], as the network reads it
    rows: list  # numbers of the table's rows that are read, the first is 1
    group: tuple  # texts of the group columns
    reference: torch.Tensor | None = None  # [H, K] that a forecast is added to, and the width it is multiplied by, [1, K]
    width: torch.Tensor | None = None


def load(run, checkpoint="best"):
    """The module of load(), and the run's Table."""
    return model.load(run, checkpoint), Table(run)


def read_csv(path, **how):
    """A mapping from each column's name to its texts."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", newline="", encoding="utf-8-sig") as file:
        names, *rows = [row for row in csv.reader(file, **how) if row]
    return {name: list(column) for name, column in zip(names, zip(*rows))}


class Table:
    """How a run of series reads tables (schema.json), and what its answers mean."""

    def __init__(self, run):
        config = tomllib.loads((Path(run) / "config.toml").read_text())
        if config["task"] != "series":
            raise ValueError(f"{run} is a run of {config['task']}: tables are those of series")
        self.schema = json.loads((Path(run) / "schema.json").read_text())
        self.quantiles = [float(q) for q in config["quantiles"].split(",")] if config["loss"] == "quantile" else []
        self.missing = MISSING | {text.strip() for text in config["missing-text"].split(",")}
        self.dtype = torch.double if config["dtype"] == "double" else torch.float
        self.inputs, self.targets = self.schema["inputs"], self.schema["targets"]
        self.forecasts, self.by_file = self.schema["predict"] == "forecast", not config["group"]
        self.length = self.schema["burn_in"] + self.schema["window"] if self.forecasts else 0
        known = self.forecasts and any(column["known_ahead"] for column in self.inputs)
        self.ahead = self.schema["horizon"] if known else 0

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self, source, every=None, **how):
        """The windows that `carousel predict` answers, of a file or a mapping from columns to their values.

        Forecasts: every `every` rows back from the end (unless given, the horizon; 0: only there); steps: groups, cut at gaps in time;
        else whole groups.
        """
        columns = read_csv(source, **how) if isinstance(source, (str, Path)) else {k: list(v) for k, v in source.items()}
        names = [name for name in self.schema["group"] if name in columns or not self.by_file]
        for name in (*names, *self.schema["time"], *(column["name"] for column in self.inputs)):
            if name not in columns:
                raise ValueError(f"the table has no column {name!r}: it has {', '.join(columns)}")
        groups = {}
        for row in range(len(next(iter(columns.values())))):
            groups.setdefault(tuple(str(columns[name][row]) for name in names), []).append(row)
        times = self._times(columns)
        for group, rows in groups.items():
            yield from self._windows(columns, times, group, rows, self.schema["horizon"] if every is None else every)

    def _windows(self, columns, times, group, rows, every):
        own = [times[row] for row in rows] if times else None
        features, dropped = self._features(columns, own, rows)
        history = [self._levels(columns, target, rows, like=target) for target in self.targets] if self.forecasts else []
        if not self.forecasts:
            gaps = [i for i in range(1, len(rows)) if own and self._is_gap(own[i - 1], own[i])] if self.schema["predict"] == "step" else []
            for first, end in zip([0, *gaps], [*gaps, len(rows)]):  # behind a gap the network begins anew
                yield Window(features[first:end].unsqueeze(1).to(self.dtype), [row + 1 for row in rows[first:end]], group)
            return
        for first, end in self._runs(own, dropped, len(rows)):
            starts = range(end - self.ahead - self.length, first - 1, -every if every else -(end + 1))
            for start in reversed(starts):
                yield self._forecast(features, history, start, [row + 1 for row in rows[start : start + self.length]], group)

    def _runs(self, times, dropped, count):
        """Runs of rows without a gap in time or a row that is left out."""
        first = 0
        for i in range(count + 1):
            gap = 0 < i < count and times and self._is_gap(times[i - 1], times[i])
            if i == count or gap or dropped[i] or (i > 0 and dropped[i - 1]):
                if i > first and not dropped[first]:
                    yield first, i
                first = i

    def _is_gap(self, before, now):
        months, seconds = self.schema["step_months"], self.schema["step_seconds"]
        if not months and not seconds:
            return False
        step = seconds
        if months:
            date = datetime.fromtimestamp(before, UTC)
            month = date.year * 12 + date.month - 1 + months
            last = (datetime(*divmod_month(month + 1), 1, tzinfo=UTC) - timedelta(days=1)).day
            day = last if self.schema["step_month_end"] else min(date.day, last)
            year, number = divmod_month(month)
            step = date.replace(year=year, month=number, day=day).timestamp() - before
        return abs(now - before - step) > 0.01 * abs(step)

    def _times(self, columns):
        names = self.schema["time"]
        if not names:
            return None
        if len(names) == 1:
            return times_of(columns[names[0]])
        parts = list(zip(*(columns[name] for name in names)))
        units = [86400, 3600, 60, 1]
        first = times_of([part[0] for part in parts])
        if len(str(parts[0][0]).strip()) > 4:  # a day, then hour, minute, second
            return [day + sum(float(p) * unit for p, unit in zip(part[1:], units[1:])) for day, part in zip(first, parts)]
        dates = [[int(float(p)) for p in part[:3]] + [1] * (3 - len(part)) for part in parts]
        days = [datetime(*date, tzinfo=UTC).timestamp() for date in dates]
        return [day + sum(float(p) * unit for p, unit in zip(part[3:], units[1:])) for day, part in zip(days, parts)]

    # --- numbers for the network --------------------------------------------------------------------------------------

    def _number(self, text):
        if isinstance(text, str):
            text = text.strip()
            if text in self.missing:
                return math.nan
            return {"true": 1.0, "false": 0.0}.get(text.lower()) if text.lower() in ("true", "false") else float(text)
        return math.nan if text is None else float(text)

    def _filled(self, values, column):
        rule = self.schema["missing"]
        last = 0.0 if rule == "zero" else column["mean"]
        filled = []
        for value in values:
            if not math.isnan(value) and rule == "forward":
                last = value
            filled.append(last if math.isnan(value) else value)
        return filled

    def _levels(self, columns, column, rows, like):
        """Scaled, without missing ones, in double; a target that the table lacks is missing throughout."""
        texts = columns.get(column["name"])
        values = [self._number(texts[row]) if texts else math.nan for row in rows]
        how = like["scaling"]
        transform = math.log1p if how["log1p"] else float
        levels = [(transform(value) - how["offset"]) / how["width"] for value in self._filled(values, column)]
        return torch.tensor(levels, dtype=torch.double)

    def _features(self, columns, times, rows):
        """[n, F], and which rows are left out."""
        parts, dropped = [], [False] * len(rows)
        names = [target["name"] for target in self.targets]
        for column in self.inputs:
            texts = [columns[column["name"]][row] for row in rows]
            if column["kind"] == "category":
                places = {text: i + 1 for i, text in enumerate(column["categories"])}
                hot = torch.tensor([0 if str(text).strip() in self.missing else places.get(str(text), 0) for text in texts])
                parts.append(torch.nn.functional.one_hot(hot, len(places) + 1).double())
                continue
            missing = [math.isnan(self._number(text)) for text in texts]
            if self.schema["missing"] == "drop":
                dropped = [a or b for a, b in zip(dropped, missing)]
            levels = self._levels(columns, column, rows, like=column)
            if self.schema["difference"] and column["name"] in names:
                levels = torch.cat([levels.new_zeros(1), levels.diff()])
            parts.append(levels.unsqueeze(1))
            if column["mask"]:
                parts.append(torch.tensor(missing, dtype=torch.double).unsqueeze(1))
        for name in self.schema["calendar"]:
            angles = torch.tensor([2 * math.pi * calendar_place(name, time) for time in times], dtype=torch.double)
            parts.append(torch.stack([angles.sin(), angles.cos()], 1))
        if self.ahead:
            parts.append(torch.zeros(len(rows), 1, dtype=torch.double))
        return torch.cat(parts, 1).float(), dropped

    def _forecast(self, features, history, start, rows, group):
        end, kind = start + self.length, self.schema["relative"]
        past = torch.stack([levels[start:end].float() for levels in history], 1)  # [W, K]
        mean, deviation = past.double().mean(0), past.double().std(0, unbiased=False).clamp(min=1e-3)
        horizon, season = self.schema["horizon"], self.schema["season"]
        last = past[-1].expand(horizon, -1)
        reference, width = torch.zeros_like(last), torch.ones_like(last[:1])
        if kind == "last":
            reference = last
        elif kind == "window":
            reference, width = mean.float().expand(horizon, -1), deviation.float().unsqueeze(0)
        elif kind == "seasons":  # 0, 1, ... rows before the last
            seasons = self.length // season
            profile = past.flip(0)[: seasons * season].double().view(seasons, season, -1).mean(0).float()
            reference = torch.stack([profile[-h % season] for h in range(1, horizon + 1)])
        elif kind != "none":
            before = past[[self.length + h - 1 - season * ((h + season - 1) // season) for h in range(1, horizon + 1)]]
            reference = before if kind == "season" else 0.5 * (last + before)
        read = features[start : end + self.ahead].clone()
        at = 0
        for column in self.inputs:
            size = (len(column["categories"]) + 1 if column["kind"] == "category" else 1) + column["mask"]
            for k, target in enumerate(self.targets):
                if kind == "seasons" and target["name"] == column["name"]:
                    read[: self.length, at] -= torch.stack([profile[-t % season, k] for t in range(1 - self.length, 1)])
                if kind == "window" and target["name"] == column["name"]:
                    read[: self.length, at] = (read[: self.length, at] - mean[k].float()) / deviation[k].float()
            if not column["known_ahead"]:
                read[self.length :, at : at + size] = 0
            at += size
        if self.ahead:
            read[self.length :, -1] = 1
        return Window(read.unsqueeze(1).to(self.dtype), rows, group, reference.to(self.dtype), width.to(self.dtype))

    # --- answers ------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def in_units(self, output, window):
        """What the model's output for a window means, in double.

        Numbers: [H, K, Q] of a forecast, [T, K, Q] of every row, [1, K, Q] of a sequence; quantiles rise, and without them Q is 1.
        Classes: their probabilities [T, C] or [1, C], in the order of schema["targets"][0]["categories"].
        """
        if self.targets[0]["kind"] != "number":
            output = output.flatten(0, -2)
            both = torch.cat([1 - output.sigmoid(), output.sigmoid()], -1)
            return (both if output.shape[-1] == 1 else output.softmax(-1)).double()
        answers = output[-self.ahead :] if self.ahead else output
        answers = answers.reshape(-1, len(self.targets), max(1, len(self.quantiles)))
        if self.schema["difference"]:
            answers = answers.cumsum(0)
        if window.reference is not None:
            answers = window.reference.unsqueeze(-1) + window.width.unsqueeze(-1) * answers
        answers = answers.double()
        for k, target in enumerate(self.targets):
            how = target["scaling"]
            answers[:, k] = answers[:, k] * how["width"] + how["offset"]
            if how["log1p"]:
                answers[:, k] = answers[:, k].expm1()
        return answers.sort(-1).values
