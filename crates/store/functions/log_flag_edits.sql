-- Writes a row of activity for each edit that changed something for all. The log says which messages that
-- were, since the edits of a batch are done as one.
create or replace function log_flag_edits(
  _mailbox bigint, _modseq bigint, _is_changed boolean, _sessions bigint[], _accounts bigint[],
  _uids text[], _set bigint[], _cleared bigint[]
) returns void
language plpgsql as $$
begin
  if not _is_changed then
    return;
  end if;
  insert into activity (kind, mailbox, owner, path, session, account, uids, flags_set, flags_cleared)
  select 2, _mailbox, n.owner, n.path, e.session, e.account, e.uids::int8multirange * c.uids,
         e.set, e.cleared
    from unnest(_sessions, _accounts, _uids, _set, _cleared)
      as e (session, account, uids, set, cleared)
   cross join lateral (
         select range_agg(c.uids) as uids
           from change c
          where c.mailbox = _mailbox and c.modseq = _modseq
            and c.kind = 2) as c
    join mailbox_name n on n.mailbox = _mailbox
   where not isempty(e.uids::int8multirange * c.uids);
end
$$;
