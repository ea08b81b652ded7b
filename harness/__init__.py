"""The court: plans a run, disturbs the system, hears witnesses, judges, reports."""
