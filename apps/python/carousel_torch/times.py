"""Times of a table as Carousel reads them, and what of the calendar a network does: no package needed."""

import re
from datetime import UTC, datetime, timedelta

TIME = re.compile(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?)?(Z|[+-]\d{2}:?\d{2})?")


def divmod_month(months):
    """Year and month of a number of months since the year 0."""
    return months // 12, months % 12 + 1


def times_of(texts):
    """Seconds since 1970-01-01 UTC of texts of times, years, days as 20160701, or numbers of seconds."""
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return [parse_time(str(text)) for text in texts]
    if all(n == int(n) and 1000 <= n <= 3000 for n in numbers):
        return [datetime(int(n), 1, 1, tzinfo=UTC).timestamp() for n in numbers]
    if all(n == int(n) and 10000101 <= n <= 30001231 for n in numbers):
        return [parse_time(f"{int(n) // 10000}-{int(n) // 100 % 100}-{int(n) % 100}") for n in numbers]
    return numbers


def parse_time(text):
    found = TIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no time, such as 2016-07-01 12:00")
    year, month, day, hour, minute, second, zone = found.groups()
    days = datetime(int(year), int(month), int(day or 1), tzinfo=UTC).timestamp()
    offset = 0
    if zone and zone != "Z":
        offset = (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    return days + int(hour or 0) * 3600 + int(minute or 0) * 60 + float(second or 0) - offset


def calendar_place(name, seconds):
    """The place in its period, from 0 to below 1: for the graph of an ONNX export too, as sin and cos of 2 pi place."""
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    if name == "weekday":
        return time.weekday() / 7
    if name == "month":
        return (time.month - 1) / 12
    if name == "monthday":
        month = time.year * 12 + time.month
        return (time.day - 1) / (datetime(*divmod_month(month), 1, tzinfo=UTC) - timedelta(days=1)).day
    if name == "yearday":
        start, after = datetime(time.year, 1, 1, tzinfo=UTC), datetime(time.year + 1, 1, 1, tzinfo=UTC)
        return (time.timetuple().tm_yday - 1) / (after - start).days
    period = {"hour": 86400, "minute": 3600}[name]
    return seconds % period / period
