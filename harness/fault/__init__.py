"""What can be done to a site, as data: one small file each. Nobody here knows how it is done."""
