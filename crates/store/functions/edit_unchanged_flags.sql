-- Does what edit_flags does for one writer and one pair of masks, but only to messages that nobody changed after
-- `_unchanged_since` (RFC 7162, 3.1.3). Returns the others as `modified`.
create or replace function edit_unchanged_flags(
  _actor actor, _permit permit, _request flag_request, _keep bigint, _add bigint,
  _private_keep bigint, _private_add bigint, _unchanged_since bigint,
  out modseq bigint, out is_changed boolean, out modified text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _uids          int8multirange := (_request).uids;
  _forgotten     integer[];
  _modified      int8multirange;
  _edits         flag_edit[];
  _private_edits private_flag_edit[];
  _edited        int8multirange;
begin
  perform lock_logins(array[_actor]);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);

  -- What the log has forgotten counts as changed where the log begins. Seldom more than nothing, and read once.
  select array_agg(distinct f.chunk)
    into _forgotten
    from mailbox m
    join mailbox_name n on n.mailbox = m.id and n.owner <> _actor.account
    join user_flags f on f.mailbox = m.id and f.account in (0, _actor.account)
   where m.id = _permit.mailbox and m.log_floor > _unchanged_since;

  select coalesce(range_agg(int8range(e.uid, e.uid, '[]')), '{}')
    into _modified
    from unnest(_uids) r
   cross join lateral (
         select e.uid, e.modseq
           from entry e
          where e.mailbox = _permit.mailbox and e.uid >= lower(r) and e.uid < upper(r)
         offset 0) e
   where e.modseq > _unchanged_since
      or exists (select from change c
                  where c.mailbox = _permit.mailbox and c.modseq > _unchanged_since
                    and c.kind = 4 /* change: private */ and c.account = _actor.account and c.uids @> e.uid)
      or e.uid / 8192 = any (_forgotten);

  select array_agg(row(lower(r), upper(r) - 1, _keep, _add)::flag_edit),
         array_agg(row(_actor.account, lower(r), upper(r) - 1, _private_keep, _private_add)::private_flag_edit)
    into _edits, _private_edits
    from unnest(_uids - _modified) r;
  select c.modseq, c.is_changed, c.edited
    into modseq, is_changed, _edited
    from change_flags(_permit.mailbox, _edits, _private_edits) c;
  modified := _modified::text;
  if _edited is not null then
    perform log_flag_requests(_permit.mailbox, _edited, array[_actor], array[_request]);
  end if;
end
$$;
