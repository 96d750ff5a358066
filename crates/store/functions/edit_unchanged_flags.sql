-- Does what store_flags does for one writer and one pair of masks, but only to messages that nobody changed after
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
  _modified      int8multirange;
  _edits         flag_edit[];
  _private_edits private_flag_edit[];
  _edited        int8multirange;
begin
  perform lock_logins(array[_actor]);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);

  _modified := changed_since(_permit.mailbox, _actor.account, _uids, _unchanged_since);
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
