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
        if len(sources) != 1:
            doubts.append(f"{sensor} is in {len(sources)} streams")
        elif any(m.unsynced for m in sources[0].appends):
            doubts.append(f"the numbers of {sensor} were given again")
        else:
            wrong += _misaggregated(sources[0], sensor, own)
    if len(made) < parameters["aggregates_at_least"]:
        doubts.append(f"{len(made)} aggregates")
    return wrong, doubts


def _sensor(message):
    return message.reading.rpartition("/")[0] if message.reading else None


def _misaggregated(source, sensor, own):
    numbers = sorted(m.number for m in source.acknowledged if _sensor(m) == sensor)
    unanswered = sum(m.outcome == "unknown" and _sensor(m) == sensor for m in source.appends)
    told = reached = -1
    for each in own:
        first, last, count = (each.aggregate[key] for key in ("first", "last", "count"))
        skipped = [n for n in numbers if reached < n < first and _is_there(source, n, each.asked)]
        if skipped:
            yield f"aggregates: {sensor} skips {skipped[0]}"
        certain = each.outcome == "ok" and not each.unsynced
        if certain and first <= told:
            yield f"aggregates: {sensor} has {first} twice"
        known = [n for n in numbers if first <= n <= last]
        least = sum(_is_there(source, n, each.asked) for n in known)
        if not least <= count <= len(known) + unanswered:
            yield f"aggregates: {sensor} counts {count}, not {len(known)}"
        told = max(told, last) if certain else told
        reached = max(reached, last)


def _is_there(source, number, at):
    """Whether it was neither too old by then nor evicted, whatever was appended without an answer."""
    if source.timeToLiveMillis:
        return False
    behind = sum(
        m.size + 64
        for m in source.appends
        if m.asked <= at and (m.outcome == "unknown" or (m.outcome == "ok" and m.number >= number))
    )
    return source.strategyOnFull != 1 or behind <= source.maxSize - source.streamSegmentSize
