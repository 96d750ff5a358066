-- Moves what is in INBOX to a new mailbox, within the quota where that is. Whoever takes all messages out
-- of a mailbox, and reads them elsewhere, needs what MOVE needs (RFC 6851, 4.2).
create or replace function empty_inbox(
  _mailbox bigint, _account bigint,
  _ground smallint, _below bigint, _below_version bigint, _below_needed smallint,
  _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _new bigint := create_mailbox(_account, _ground, _below, _below_version, _below_needed,
                                _owner, _path, null);
begin
  if rights_of(_account, _mailbox) & 770 <> 770 then
    raise exception using errcode = 'PR002', message = 'messages are moved by who may move them',
      detail = '1';
  end if;
  return query
    with moved as (
      select t.modseq, t.source_modseq
        from transfer_messages(_mailbox, _new, _account, '{[1,4294967296)}', -1, true) t
    )
    select _mailbox, m.source_modseq from moved m
    union all
    select _new, m.modseq from moved m;
  if not share_quota(_mailbox, _new) then
    perform check_quota(_new, true, true);
  end if;
end
$$;
