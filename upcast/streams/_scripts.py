"""What must happen on the server in one piece: the scripts of settlement, lease and replay.

None of them changes anything before it has checked everything, and what can fail comes first: a script that stops
half-way is not rolled back. Those that settle return the ids that are not the owner's any more, untouched.
"""

from __future__ import annotations

import hashlib

import attrs

__all__ = ["ACK", "DISCARD", "MAX_ARGUMENTS", "PARK", "REAP", "REJECT", "RENEW", "REPLAY", "Script"]

MAX_ARGUMENTS = 7000
"""How many values a script can hand on to one command; Lua's stack holds 8,000."""


@attrs.frozen
class Script:
    """A Lua script."""

    text: str
    sha: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


_OWNED = """
local function owned(group, owner, id)
  local rows = redis.call('XPENDING', KEYS[1], group, id, id, 1, owner)
  return rows[1] ~= nil
end
"""

ACK = Script(
    _OWNED
    + """
local fenced = {}
for place = 3, #ARGV do
  if owned(ARGV[1], ARGV[2], ARGV[place]) then
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[place])
  else
    fenced[#fenced + 1] = ARGV[place]
  end
end
return fenced
"""
)
"""Acknowledge what is still ours. Keys: stream. Arguments: group, owner, ids."""

PARK = Script(
    _OWNED
    + """
local group, owner, id, parking, idle, count = unpack(ARGV)
if not owned(group, owner, id) then return {id} end
redis.call('XCLAIM', KEYS[1], group, parking, 0, id, 'IDLE', idle, 'RETRYCOUNT', count, 'JUSTID')
return {}
"""
)
"""Hand an entry over to a parking owner. Keys: stream. Arguments: group, owner, id, parking owner, idle, count."""

REJECT = Script(
    _OWNED
    + """
local group, owner, id = ARGV[1], ARGV[2], ARGV[3]
if not owned(group, owner, id) then return {id} end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
redis.call('XACK', KEYS[1], group, id)
return {}
"""
)
"""Write a dead letter, then acknowledge. Keys: stream, office. Arguments: group, owner, id, the letter's fields."""

RENEW = Script(
    _OWNED
    + """
for place = 3, #ARGV do
  if owned(ARGV[1], ARGV[2], ARGV[place]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[place], 'JUSTID')
  end
end
"""
)
"""Keep what is still ours from being taken over. Keys: stream. Arguments: group, owner, ids."""

REAP = Script("""
local group, idle, own, removed = ARGV[1], tonumber(ARGV[2]), ARGV[3], 0
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group)) do
  local found = {}
  for place = 1, #row, 2 do found[row[place]] = row[place + 1] end
  local hex = string.match(found.name, '~(%x%x%x%x%x%x%x%x)$') or
    string.match(found.name, '~(%x%x%x%x%x%x%x%x)~crash%d+$')
  if hex and found.pending == 0 and (hex == own or found.idle >= idle) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, found.name)
    removed = removed + 1
  end
end
return removed
""")
"""Remove the names of ended consumers that hold nothing. Keys: stream. Arguments: group, least idle ms, own hex."""

REPLAY = Script("""
local letter, group, id, parking, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local headers = tonumber(ARGV[6])
local kept = redis.call('XRANGE', KEYS[2], letter, letter)[1]
if not kept then return 'gone' end
-- These two fail where there is no such group, and where there can be no record of what is done.
local pending = redis.call('XPENDING', KEYS[1], group, id, id, 1)[1]
redis.call('XLEN', KEYS[3])
local original = redis.call('XRANGE', KEYS[1], id, id)[1]
local same = original and #original[2] == #kept[2] - 2
for place = 3, #kept[2] do
  same = same and original[2][place - 2] == kept[2][place]
end
local read
for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local found = {}
  for place = 1, #row, 2 do found[row[place]] = row[place + 1] end
  if found.name == group then read = found['last-delivered-id'] end
end
local mode, new = 'added', ''
if same and pending then
  mode = 'pending'
elseif same and redis.call('XRANGE', KEYS[1], '(' .. read, id, 'COUNT', 1)[1] then
  mode = 'undelivered'
elseif same then
  redis.call('XCLAIM', KEYS[1], group, parking, 0, id, 'IDLE', '100000000000', 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
  mode = 'returned'
else
  local ours, entry = {}, {}
  for place = 7, 6 + headers, 2 do ours[ARGV[place]] = true end
  for place = 3, #kept[2], 2 do
    if not ours[kept[2][place]] then
      entry[#entry + 1] = kept[2][place]
      entry[#entry + 1] = kept[2][place + 1]
    end
  end
  for place = 7, 6 + headers do entry[#entry + 1] = ARGV[place] end
  if #entry > most then return 'large' end
  new = redis.call('XADD', KEYS[1], '*', unpack(entry))
end
redis.call('XADD', KEYS[3], '*', 'mode', mode, 'entry', new, unpack(ARGV, 7 + headers))
redis.call('XDEL', KEYS[2], letter)
return mode
""")
"""Give a dead letter back to its group.

Keys: stream, office, audit. Arguments: letter id, group, source id, parking owner, the most values an entry may have
here, the number of header values, header fields, audit fields. Nothing of the payload is sent: it is in the office.
Returns `returned` (the original is pending again), `added` (it is not in the stream as it was, so a new entry with
the headers holds it), `pending` (the group has it pending), `undelivered` (the group is still to read it), `gone`
(there is no such letter), or `large` (it would have to be added and has too many values; nothing was done).
"""

DISCARD = Script("""
if not redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1] then return 'gone' end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('XDEL', KEYS[1], ARGV[1])
return 'discarded'
""")
"""Take a letter out of the office. Keys: office, audit. Arguments: letter id, audit fields. Returns `discarded`, or
`gone` if there is no such letter.
"""
