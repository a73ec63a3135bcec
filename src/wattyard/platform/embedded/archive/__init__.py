"""Backups that run by themselves: base backups and an archive of every change since, in a folder.

A backup folder holds chains. A chain is an unbroken archive of one database's write-ahead log
(WAL), with the base backups that were taken meanwhile: from any of them, the chain leads to every
later moment up to its end. `folders` knows how that lies on disk, `taking` writes it beside a
running server, `recovery` makes a database of a moment out of it, `state` says how it goes.
"""
