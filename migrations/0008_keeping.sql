-- Housekeeping: what may go after a while.

-- Deletes content that nothing has referred to for so long; returns how much was looked at.
create function collect_garbage(_older_than interval, _limit integer) returns bigint
language plpgsql as $$
declare
  _contents bigint[];
begin
  with due as (
    select g.ctid
      from garbage g
     where g.at < now() - _older_than
     order by g.at
     limit _limit
       for update skip locked
  ), taken as (
    delete from garbage g using due where g.ctid = due.ctid returning g.content
  )
  select array_agg(t.content) into _contents from taken t;
  -- A copy is made under the lock of a mailbox that still has the message, so what has no entry
  -- now, and lost its last long ago, never gets one again.
  delete from content c
   where c.id = any (_contents)
     and not exists (select from entry e where e.content = c.id)
     and not exists (select from garbage g
                      where g.content = c.id and g.at >= now() - _older_than);
  return coalesce(cardinality(_contents), 0);
end
$$;

-- Forgets what one mailbox logged before a moment.
create function trim_changes(_mailbox bigint, _before timestamptz) returns void
language plpgsql as $$
declare
  _floor bigint;
begin
  perform m.id from mailbox m where m.id = _mailbox for no key update;
  select max(c.modseq)
    into _floor
    from change c
   where c.mailbox = _mailbox and c.at < _before;
  delete from change c where c.mailbox = _mailbox and c.modseq <= _floor;
  update mailbox m
     set log_floor = greatest(m.log_floor, _floor)
   where m.id = _mailbox;
end
$$;

-- Replaces a mailbox's snapshot, unless it is gone, a newer one is there, or somebody else is at it.
create function write_snapshot(
  _mailbox bigint, _modseq bigint, _uid_next bigint, _segments bytea[]
) returns void
language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock(hashtext('postroom snapshot'), hashint8(_mailbox)) then
    return;
  end if;
  perform m.id from mailbox m where m.id = _mailbox for key share;
  if not found or exists (select from snapshot s where s.mailbox = _mailbox and s.modseq >= _modseq) then
    return;
  end if;
  delete from snapshot s where s.mailbox = _mailbox;
  insert into snapshot (mailbox, segment, modseq, uid_next, messages)
  select _mailbox, s.place - 1, _modseq, _uid_next, s.messages
    from unnest(_segments) with ordinality as s (messages, place);
end
$$;
