"""The other end of `carousel sweep --tuner optuna`: asks an Optuna study what to try and tells it what came of it.

carousel starts it with one JSON object as its argument: "storage" (a URL), "name", "seed", "lower" (whether less is better) and
"space", a list of {"name", "kind": "categorical" | "int" | "float", ...}. It answers with one line about the study, then one line
on stdout for every line {"do": method, ...} on stdin. The study stays in the storage, which optuna-dashboard opens.
"""

import json
import signal
import sys
import warnings

import optuna
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")


def distribution(kind, space):
    if kind == "categorical":
        return optuna.distributions.CategoricalDistribution(space["choices"])
    if kind == "int":
        return optuna.distributions.IntDistribution(space["low"], space["high"], log=space["log"], step=space["step"])
    return optuna.distributions.FloatDistribution(space["low"], space["high"], log=space["log"])


class Tuner:
    def __init__(self, storage, name, seed, lower, space):
        self.space = {one["name"]: distribution(one["kind"], one) for one in space}
        self.study = optuna.create_study(
            storage=storage,
            study_name=name,
            direction="minimize" if lower else "maximize",
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        )
        before = self.study.get_trials(deepcopy=False)
        if before:  # the draws of a study that goes on are others than those that it began with
            self.study.sampler = optuna.samplers.TPESampler(seed=seed + len(before))
        self.running = {
            trial.number: optuna.trial.Trial(self.study, trial._trial_id) for trial in before if trial.state == TrialState.RUNNING
        }

    def hello(self):
        trials = self.study.get_trials(deepcopy=False)
        return {"optuna": optuna.__version__, "trials": [self.told(t.number, t.params, t.state.name.lower()) for t in trials]}

    def told(self, number, params, state="running"):
        """Values as they stand on a command line."""
        values = {name: params[name] if isinstance(params[name], str) else repr(params[name]) for name in self.space}
        return {"number": number, "state": state, "values": values}

    def ask(self):
        trial = self.study.ask(self.space)
        self.running[trial.number] = trial
        return self.told(trial.number, trial.params)

    def report(self, number, validations):
        """Whether the trial should be given up after these [update, metric]."""
        trial = self.running[number]
        for step, value in validations:
            trial.report(value, step)
        return bool(trial.should_prune())  # numpy's otherwise

    def tell(self, number, state, value=None):
        self.study.tell(self.running.pop(number), value, state=TrialState[state.upper()])
        return True


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: carousel ends it
    tuner = Tuner(**json.loads(sys.argv[1]))
    print(json.dumps(tuner.hello()), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"is": getattr(tuner, request.pop("do"))(**request)}), flush=True)


if __name__ == "__main__":
    main()
