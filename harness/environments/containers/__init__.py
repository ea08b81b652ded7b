"""The edition of the world in which every part is a container.

`stand_up(plan, directory=..., progress=...)` of `standing` is the way in.
"""
