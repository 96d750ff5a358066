-- Replaces a mailbox's snapshot, unless the mailbox is gone, a newer snapshot is there, or somebody else is
-- at it.
create or replace function write_snapshot(
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
