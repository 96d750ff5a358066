-- Moves what is in INBOX to a new mailbox, within the quota where that is. Whoever takes all messages out of a mailbox,
-- and reads them elsewhere, needs what MOVE needs (RFC 6851, 4.2). Returns what to wake. The caller holds the locks.
create or replace function empty_inbox(
  _mailbox bigint, _actor actor, _create create_permit, _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _new bigint;
begin
  _new := make_mailbox(_actor, _create, _owner, _path, null);
  if rights_of(_actor.account, _mailbox) & 770 /* rights: rte */ <> 770 /* rights: rte */ then
    raise exception using errcode = 'PR002', message = 'messages are moved by who may move them',
      detail = '1';
  end if;
  return query
    with moved as (
      select t.modseq, t.source_modseq
        from transfer_messages(_mailbox, _new, _actor.account, '{[1,4294967296)}', -1, true) t
    )
    select _mailbox, m.source_modseq from moved m
    union all
    select _new, m.modseq from moved m;
  if not share_quota(_mailbox, _new) then
    perform check_quota(_new, true, true);
  end if;
end
$$;
