"""When a maintenance window should have begun: AWS's schedules, counted out day by day."""

import datetime
import re
import zoneinfo

UTC = datetime.timezone.utc
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# How late a window may begin before it counts as missed, and how early.
LATE, EARLY = datetime.timedelta(minutes=15), datetime.timedelta(minutes=5)


def on(day, field):
    """Whether a day is one of `*`, `SUN` or `TUE#2`."""
    if field in ("*", "?"):
        return True
    name, _, nth = field.partition("#")
    if DAYS[day.isoweekday() % 7] != name:
        return False
    return not nth or (day.day - 1) // 7 + 1 == int(nth)


def last_due(schedule, zone, offset, now, back=27):
    """The last time before `now` that a cron schedule names, so many days after the day it names; none if no cron."""
    cron = re.fullmatch(r"cron\((\d+) (\d+) \? \* (\S+) \*\)", schedule)
    if not cron:
        return None
    minute, hour, weekday = cron.groups()
    here = zoneinfo.ZoneInfo(zone or "UTC")
    day = now.astimezone(here).date()
    for past in range(back):
        one = day - datetime.timedelta(days=past)
        if on(one - datetime.timedelta(days=offset), weekday):
            at = datetime.datetime.combine(one, datetime.time(int(hour), int(minute)), here).astimezone(UTC)
            if at <= now:
                return at
    return None


def due(window):
    offset = window.get("ScheduleOffset", 0)
    return last_due(window["Schedule"], window.get("ScheduleTimezone"), offset, datetime.datetime.now(UTC))


def missed(ssm, window, runs):
    at = due(window)
    if at is None or at + LATE > datetime.datetime.now(UTC) or any(run["StartTime"] >= at - EARLY for run in runs):
        return False
    # It is bound to no time that came before its last change.
    return ssm.get_maintenance_window(WindowId=window["WindowId"])["ModifiedDate"] <= at
