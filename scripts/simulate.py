"""Whole sessions in virtual time, drawn from a seed: plans, clients, clocks; until one breaks.

    python scripts/simulate.py [--hours 24] [--seed N] [--minutes 5] [--twice 0.1]

An episode is one session: random toxics and failures anywhere in its plan, which changes on the
way; clients that subscribe, ask, ping, fall silent, hang up; seeks, speeds, pauses, runs, resets.
No sockets and no waiting. What must always hold is checked at every step (simulating/world.py and
simulating/episode.py); some episodes run twice, and have to come out the same to the byte.
An episode that breaks is told with its seed, its plans, and the command that repeats it: exits 1.
"""

import argparse
import json
import secrets
import sys
import time
import traceback
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from simulating.episode import Episode, Outcome  # noqa: E402
from simulating.stage import Stage  # noqa: E402
from simulating.world import Broken  # noqa: E402

CASSETTE = ROOT / "cassettes" / "binance-demo.rpx"
SEEDS = 1 << 32


def played(stage: Stage, seed: int, *, minutes: float, times: int = 1) -> Outcome:
    """Play an episode, and again; it has to come out the same. Raises Broken."""
    outcomes = []
    for _ in range(times):
        episode = Episode(stage, seed, minutes=minutes)
        try:
            outcomes.append(episode.run())
        except Exception as error:
            error.add_note(f"plans: {json.dumps(episode.plans[-3:])}")
            error.add_note(f"options: {episode.show.options}")
            raise
        finally:
            episode.show.close()
    if len(set(outcomes)) > 1:
        raise Broken(f"the same seed came out differently: {outcomes}")
    return outcomes[0]


def simulate(seed: int, *, hours: float, minutes: float, twice: float, stage: Stage) -> int:
    """Play episodes until so many virtual hours went by; return how many broke."""
    broken = effects = injected = episodes = 0
    virtual_s, began_s = 0.0, time.monotonic()
    while virtual_s < hours * 3600 and not broken:
        # The first one has the seed itself, so that a broken one can be repeated alone.
        chance = Random(seed)
        try:
            times = 2 if chance.random() < twice else 1
            outcome = played(stage, seed, minutes=minutes, times=times)
        except Exception:
            broken += 1
            traceback.print_exc()
            print(
                f"\nbroken by seed {seed}; to repeat it:\n"
                f"  python scripts/simulate.py --seed {seed} --hours 0.001 --minutes {minutes}"
                f" --twice {twice}"
            )
            continue
        virtual_s += outcome.virtual_s
        effects += outcome.effects
        injected += outcome.injected
        episodes += 1
        seed = chance.randrange(SEEDS)
    print(
        f"{episodes} episodes, {virtual_s / 3600:.1f} virtual hours, {effects:,} effects,"
        f" {injected:,} faults injected, {time.monotonic() - began_s:.0f} s; {broken} broke"
    )
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24, help="of virtual time")
    parser.add_argument("--seed", type=int, default=None, help="drawn afresh if left out")
    parser.add_argument("--minutes", type=float, default=5, help="of clients' time an episode")
    parser.add_argument("--twice", type=float, default=0.1, help="share of episodes played twice")
    given = parser.parse_args()
    seed = secrets.randbelow(SEEDS) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    stage = Stage(CASSETTE)
    broken = simulate(
        seed, hours=given.hours, minutes=given.minutes, twice=given.twice, stage=stage
    )
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
