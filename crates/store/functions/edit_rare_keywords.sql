-- Does what store_flags does for one writer and one pair of masks, and changes keywords without a bit (ADR 0055): those of
-- `_set` are set, those of `_cleared` are not any more, where that is null no others. Messages that somebody changed after
-- `_unchanged_since`, unless that is null, are left alone and returned as `modified`.
create or replace function edit_rare_keywords(
  _actor actor, _permit permit, _request flag_request, _keep bigint, _add bigint,
  _private_keep bigint, _private_add bigint, _set smallint[], _cleared smallint[], _unchanged_since bigint,
  out modseq bigint, out is_changed boolean, out modified text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _uids          int8multirange := (_request).uids;
  _modified      int8multirange := '{}';
  _edits         flag_edit[];
  _private_edits private_flag_edit[];
  _edited        int8multirange;
  _marked        int8multirange;
  _has_marked    boolean;
begin
  perform lock_logins(array[_actor]);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);
  if _unchanged_since is not null then
    _modified := changed_since(_permit.mailbox, _actor.account, _uids, _unchanged_since);
  end if;
  _uids := _uids - _modified;

  select array_agg(row(lower(r), upper(r) - 1, _keep, _add)::flag_edit),
         array_agg(row(_actor.account, lower(r), upper(r) - 1, _private_keep, _private_add)::private_flag_edit)
    into _edits, _private_edits
    from unnest(_uids) r;
  select c.modseq, c.is_changed, c.edited
    into modseq, is_changed, _edited
    from change_flags(_permit.mailbox, _edits, _private_edits) c;
  select c.modseq, c.edited is not null, c.edited
    into modseq, _has_marked, _marked
    from change_rare_keywords(_permit.mailbox, _uids, _set, _cleared) c;
  is_changed := is_changed or _has_marked;
  modified := _modified::text;

  _edited := coalesce(_edited, '{}') + coalesce(_marked, '{}');
  insert into activity (kind, session, account, mailbox, owner, path, uids, flags_set, flags_cleared,
                        keywords_set, keywords_cleared)
  select 2 /* activity: flags */, _actor.session, _actor.account, n.mailbox, n.owner, n.path, _edited,
         (_request).flags_set, (_request).flags_cleared, _set, _cleared
    from mailbox_name n
   where n.mailbox = _permit.mailbox
     and not isempty(_edited);
end
$$;
