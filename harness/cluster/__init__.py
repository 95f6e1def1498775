"""More than one machine: a Dask cluster does the items of a run.

In the order of reading

`named.py` (what `--cluster` names), `connection.py` (a client of it), `hosts.py` (which hosts are
as this machine is), `parcel.py` (users' files, by value), `at_host.py` (the host's side of a task),
`batches.py` (how many items make a task), `place.py` (the place where a run's items are done).
Nothing here schedules: where a task goes, and that it goes elsewhere when its host is lost, is
Dask's business.
"""
