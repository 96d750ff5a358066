-- Edits flags for several writers at once. The ranges of `_edits` do not overlap, nor do those of `_private_edits` for
-- one account; `_requests` are what each writer asked for. Returns the mailbox's mod-sequence afterwards, and whether
-- that is new: what is so already is left alone.
create or replace function edit_flags(
  _mailbox bigint, _actors actor[], _permits permit[],
  _edits flag_edit[], _private_edits private_flag_edit[], _requests flag_request[],
  out modseq bigint, out is_changed boolean
)
language plpgsql as $$
#variable_conflict use_column
declare
  _edited int8multirange;
begin
  perform lock_logins(_actors);
  perform lock_mailbox(_mailbox, _actors, _permits);
  select c.modseq, c.is_changed, c.edited
    into modseq, is_changed, _edited
    from change_flags(_mailbox, _edits, _private_edits) c;
  if _edited is not null then
    perform log_flag_requests(_mailbox, _edited, _actors, _requests);
  end if;
end
$$;
