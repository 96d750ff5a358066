-- Writes a row of activity for each request that changed something for all: `_edited` says which messages that were,
-- since the edits of a batch are done as one.
create or replace function log_flag_requests(
  _mailbox bigint, _edited int8multirange, _actors actor[], _requests flag_request[]
) returns void
language plpgsql as $$
begin
  insert into activity (kind, session, account, mailbox, owner, path, uids, flags_set, flags_cleared)
  select 2 /* activity: flags */, w.session, w.account, n.mailbox, n.owner, n.path,
         w.uids::int8multirange * _edited, w.flags_set, w.flags_cleared
    from mailbox_name n, unnest(_actors, _requests) as w (account, session, logins, uids, flags_set, flags_cleared)
   where n.mailbox = _mailbox
     and not isempty(w.uids::int8multirange * _edited);
end
$$;
