"""Is every reading in exactly one aggregate? Judged by what was appended."""


def aggregates(story, parameters, doubts):
    """Every acknowledged reading is in exactly one aggregate, once a later one of its sensor is."""
    wrong = []
    made = [
        (stream, m)
        for stream in story.streams
        for m in stream.appends
        if m.aggregate and m.outcome != "failed"
    ]
    for sensor in sorted({m.aggregate["sensor"] for _, m in made}):
        own = [m for _, m in made if m.aggregate["sensor"] == sensor]
        sources = [s for s in story.streams if any(_sensor(m) == sensor for m in s.appends)]
        if len(sources) == 1:
            wrong += _misaggregated(sources[0], sensor, own)
        else:
            doubts.append(f"{sensor} is in {len(sources)} streams")
    unclear = any("streams" in each for each in doubts)
    if len(made) < parameters["aggregates_at_least"]:
        doubts.append(f"{len(made)} aggregates")
    return ([], [*doubts, *wrong]) if unclear else (wrong, doubts)


def _sensor(message):
    return message.reading.rpartition("/")[0] if message.reading else None


def _misaggregated(source, sensor, own):
    numbers = sorted(m.number for m in source.acknowledged if _sensor(m) == sensor)
    unanswered = sum(m.outcome == "unknown" and _sensor(m) == sensor for m in source.appends)
    reached = -1
    for each in own:
        first, last, count = (each.aggregate[key] for key in ("first", "last", "count"))
        skipped = [n for n in numbers if reached < n < first]
        if skipped and not _may_be_gone(source, skipped[0], each.asked):
            yield f"aggregates: {sensor} skips {skipped[0]}"
        if each.outcome == "ok" and first <= reached:
            yield f"aggregates: {sensor} has {first} twice"
        there = sum(first <= n <= last for n in numbers)
        if not there <= count <= there + unanswered:
            yield f"aggregates: {sensor} counts {count}, not {there}"
        reached = max(reached, last)


def _may_be_gone(source, number, at):
    if source.timeToLiveMillis:
        return True
    behind = sum(m.size + 64 for m in source.acknowledged if m.number >= number and m.asked <= at)
    return source.strategyOnFull == 1 and behind > source.maxSize - source.streamSegmentSize
