"""What must happen on the server in one piece: the scripts of settlement, lease and replay.

None of them changes anything before it has checked everything, and what can fail comes first: a script that stops
half-way is not rolled back. What is not the owner's any more (`fenced`) or not in the stream any more (`gone`) is left
as it is.
"""

from __future__ import annotations

import hashlib

import attrs

__all__ = ["ACK", "CLAIM", "DISCARD", "MAX_ARGUMENTS", "PARK", "REAP", "REJECT", "RENEW", "REPLAY", "Script"]

MAX_ARGUMENTS = 7000
"""How many values a script can hand on to one command; Lua's stack holds 8,000."""


@attrs.frozen
class Script:
    """A Lua script."""

    text: str
    sha: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


_HELPERS = """
local function row(group, owner, id)
  return redis.call('XPENDING', KEYS[1], group, id, id, 1, owner)[1]
end
local function entry(id)
  return redis.call('XRANGE', KEYS[1], id, id)[1]
end
"""
# To claim an entry that is not in the stream any more removes it from the list of pending entries, and with it the
# only trace of the loss: so whether it is there is asked before.

CLAIM = Script(
    _HELPERS
    + """
local group, found = ARGV[1], {}
for place = 2, #ARGV, 6 do
  local id, owner, count, idle, new, attempt = unpack(ARGV, place, place + 5)
  local pending, there = row(group, owner, id), entry(id)
  if not pending or pending[4] ~= tonumber(count) or pending[3] < tonumber(idle) then
    found[#found + 1] = 'fenced'
  elseif not there then
    found[#found + 1] = 'gone'
  else
    redis.call('XCLAIM', KEYS[1], group, new, 0, id, 'RETRYCOUNT', attempt, 'JUSTID')
    found[#found + 1] = there[2]
  end
end
return found
"""
)
"""Take entries over, each if it is still as it was seen.

Keys: stream. Arguments: group, then for each entry its id, owner and counter as seen, the least idle ms, the new owner
and the new counter. Returns the fields of each, or `fenced`, or `gone`.
"""

ACK = Script(
    _HELPERS
    + """
local group, owner, owned, ours, lost = ARGV[1], ARGV[2], {}, {}, {}
-- To ask once for all takes less than half as long. What is acknowledged together was mostly delivered together, in
-- this order; the others are asked for one by one.
for _, found in ipairs(redis.call('XPENDING', KEYS[1], group, ARGV[3], '+', #ARGV - 2, owner)) do
  owned[found[1]] = true
end
for place = 3, #ARGV do
  local id = ARGV[place]
  local mine = owned[id] or row(group, owner, id)
  if mine then ours[#ours + 1] = id else lost[#lost + 1] = id end
end
if ours[1] then redis.call('XACK', KEYS[1], group, unpack(ours)) end
return lost
"""
)
"""Acknowledge what is still ours. Keys: stream. Arguments: group, owner, ids, as many as `MAX_ARGUMENTS` at most.
Returns the ids that are not.
"""

PARK = Script(
    _HELPERS
    + """
local group, owner, id, parking, idle, count = unpack(ARGV)
if not row(group, owner, id) then return 'fenced' end
if not entry(id) then return 'gone' end
redis.call('XCLAIM', KEYS[1], group, parking, 0, id, 'IDLE', idle, 'RETRYCOUNT', count, 'JUSTID')
return 'done'
"""
)
"""Hand an entry over to a parking owner. Keys: stream. Arguments: group, owner, id, parking owner, idle, count."""

REJECT = Script(
    _HELPERS
    + """
local group, owner, id = ARGV[1], ARGV[2], ARGV[3]
if not row(group, owner, id) then return 'fenced' end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
redis.call('XACK', KEYS[1], group, id)
return 'done'
"""
)
"""Write a dead letter, then acknowledge. Keys: stream, office. Arguments: group, owner, id, the letter's fields."""

RENEW = Script(
    _HELPERS
    + """
for place = 3, #ARGV do
  if row(ARGV[1], ARGV[2], ARGV[place]) and entry(ARGV[place]) then
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
