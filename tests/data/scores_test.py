"""Scores, scalings and times of tables against scikit-learn, numpy and pandas, on random values with ties, missing ones and
classes that are absent: to 1e-12.

    scores_test.py SCORE_ARRAYS   the program that answers with the library
"""

import json
import math
import subprocess
import sys
import unittest

import carousel_test

carousel_test.need("numpy", "pandas", "sklearn")
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn import metrics, preprocessing  # noqa: E402

SCORE_ARRAYS = sys.argv.pop(1)


def to_json(values):
    return [None if isinstance(value, float) and math.isnan(value) else value for value in np.asarray(values).tolist()]


class Close(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(20261128)
        self.library = subprocess.Popen([SCORE_ARRAYS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.library.communicate)

    def ask(self, what, **request):
        """The library's answer."""
        self.library.stdin.write(json.dumps({"what": what, **request}) + "\n")
        self.library.stdin.flush()
        return json.loads(self.library.stdout.readline())

    def assert_close(self, value, expected, what, noise=1.0):
        """Equal to 1e-12 of the larger of 1 (or the noise) and the value; a missing one only where it is expected."""
        if expected is None or math.isnan(expected):
            self.assertIsNone(value, what)
            return
        self.assertIsNotNone(value, what)
        self.assertLessEqual(abs(value - expected), 1e-12 * max(noise, abs(expected)), (what, value, expected))

    def values(self, count, decimals, scale=10.0, offset=0.0):
        """Rounded, so that there are ties and zeros."""
        return np.round(self.random.normal(offset, scale, count), decimals)


class NumberScores(Close):
    def test_are_those_of_scikit_learn(self):
        for count in (2, 3, 10, 1000):
            for decimals in (0, 1, 6):
                truth, forecast = self.values(count, decimals), self.values(count, decimals)
                shown = truth.copy()
                if count > 3:
                    shown[self.random.random(count) < 0.2] = np.nan
                there = ~np.isnan(shown)
                quantile = float(self.random.random())
                scores = self.ask("numbers", truth=to_json(shown), forecast=to_json(forecast), quantile=quantile)
                y, f = truth[there], forecast[there]
                with np.errstate(invalid="ignore"):
                    relative = np.nan_to_num(2 * np.abs(y - f) / (np.abs(y) + np.abs(f)))
                for name, expected in {
                    "count": len(y),
                    "mae": metrics.mean_absolute_error(y, f),
                    "mse": metrics.mean_squared_error(y, f),
                    "rmse": metrics.root_mean_squared_error(y, f),
                    "smape": 100 * relative.mean(),
                    "bias": (f - y).mean(),
                    "r2": metrics.r2_score(y, f),
                    "pinball": metrics.mean_pinball_loss(y, f, alpha=quantile),
                    "coverage": (y <= f).mean(),
                }.items():
                    self.assert_close(scores[name], expected, (name, count, decimals))

    def test_have_the_scale_of_a_seasonal_naive_forecast(self):
        for season in (1, 7, 24):
            training = pd.Series(self.values(300, 1))
            training[self.random.random(300) < 0.1] = np.nan
            group = pd.Series(np.repeat([0, 1, 2], [100, 5, 195]))
            expected = (training - training.groupby(group).shift(season)).abs().mean()
            scale = self.ask("mase_scale", training=to_json(training), season=season, starts=[0, 100, 105])
            self.assert_close(scale, expected, season)


class ClassScores(Close):
    def test_are_those_of_scikit_learn_whichever_classes_are_absent(self):
        for classes in (2, 3, 7):
            for count in (1, 5, 200):
                for absent_truth in range(-1, classes):
                    for absent_answer in range(-1, classes):
                        self.compare(classes, count, absent_truth, absent_answer)

    def compare(self, classes, count, absent_truth, absent_answer):
        truth, answer = self.random.integers(0, classes, (2, count))
        truth[truth == absent_truth] = (absent_truth + 1) % classes
        answer[answer == absent_answer] = (absent_answer + 1) % classes
        shown = np.append(truth, -1).tolist(), np.append(answer, 0).tolist()  # the last without a truth
        scores = self.ask("classes", truth=shown[0], answer=shown[1], classes=classes)
        recalls = metrics.recall_score(truth, answer, labels=np.unique(truth), average="macro", zero_division=0)
        self.assertEqual(scores["count"], count)
        self.assert_close(scores["accuracy"], metrics.accuracy_score(truth, answer), "accuracy")
        self.assert_close(scores["balanced_accuracy"], recalls, "balanced accuracy")
        self.assert_close(scores["macro_f1"], metrics.f1_score(truth, answer, average="macro", zero_division=0), "F1")
        matrix = metrics.confusion_matrix(truth, answer, labels=range(classes))
        self.assertEqual(scores["confusion"], matrix.tolist())

    def test_have_the_log_loss_of_scikit_learn(self):
        for classes in (2, 3, 10):
            truth = self.random.integers(0, classes, 500)
            probabilities = self.random.dirichlet(np.full(classes, 0.3), 500) + 1e-9
            probabilities /= probabilities.sum(axis=1, keepdims=True)
            flat = to_json(probabilities.ravel())
            loss = self.ask("log_loss", truth=truth.tolist(), probabilities=flat, classes=classes)
            self.assert_close(loss, metrics.log_loss(truth, probabilities, labels=range(classes)), classes)


class Scalings(Close):
    SCALERS = {"standard": preprocessing.StandardScaler, "minmax": preprocessing.MinMaxScaler, "robust": preprocessing.RobustScaler}

    def columns(self):
        for count in (1, 2, 3, 4, 101, 1000):
            yield self.values(count, 1)
            yield self.values(count, 6, 1e-3, 1e3)
            yield np.full(count, 0.1)
            rare = np.where(self.random.random(count) < 0.2, self.values(count, 1), 0.0)
            yield rare
            missing = self.values(count, 2)
            missing[1:][self.random.random(count - 1) < 0.3] = np.nan
            yield missing

    def test_are_those_of_scikit_learn(self):
        for kind, scaler in self.SCALERS.items():
            for values in self.columns():
                for log1p in (False, True):
                    values = np.abs(values) if log1p else values
                    transformed = np.log1p(values) if log1p else values
                    answer = self.ask("scale", kind=kind, values=to_json(values), log1p=log1p)
                    fitted = scaler().fit(transformed.reshape(-1, 1))
                    expected = fitted.transform(transformed.reshape(-1, 1)).ravel()
                    scaling = answer["scaling"]
                    noise = max(1.0, abs(scaling["offset"]) / scaling["width"])  # what rounding of the offset costs
                    for value, wanted in zip(answer["scaled"], expected, strict=True):
                        self.assert_close(value, wanted, (kind, log1p, values[:5]), noise)


class Times(Close):
    def test_are_those_of_pandas(self):
        days = self.random.integers(-200_000, 2_000_000, 500)
        seconds = days * 86_400 + self.random.integers(0, 86_400, 500)
        moments = pd.DatetimeIndex(pd.Series(seconds).astype("datetime64[s]"))
        texts = [str(moment) for moment in moments]
        months, count = 1, 13
        answers = self.ask("times", texts=texts, months=months, count=count)
        for moment, second, text, answer in zip(moments, seconds, texts, answers, strict=True):
            self.assertEqual((answer["seconds"], answer["text"]), (second, text))
            hours = moment.hour + moment.minute / 60 + moment.second / 3600
            for name, place in {
                "minute": (moment.minute + moment.second / 60) / 60,
                "hour": hours / 24,
                "weekday": moment.day_of_week / 7,
                "monthday": (moment.day - 1) / moment.days_in_month,
                "yearday": (moment.day_of_year - 1) / (366 if moment.is_leap_year else 365),
                "month": (moment.month - 1) / 12,
            }.items():
                self.assert_close(answer[name], place, (name, text))
            later = moment + pd.DateOffset(months=months * count)
            self.assertEqual(answer["after"], later.tz_localize("UTC").timestamp(), text)

    def test_of_zones_are_those_of_pandas(self):
        texts = [
            f"2016-07-01T12:{minute:02}:00{sign}{hour:02}:{minute:02}" for minute in (0, 30, 45) for sign in "+-" for hour in (0, 2, 12)
        ]
        answers = self.ask("times", texts=texts, months=1, count=1)
        for text, answer in zip(texts, answers, strict=True):
            self.assertEqual(answer["seconds"], pd.Timestamp(text).timestamp(), text)


carousel_test.main()
