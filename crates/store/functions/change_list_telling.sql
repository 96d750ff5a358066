-- As change_list; whoever comes to know of the mailbox by it is told by a letter, or is not, whatever is usual.
create or replace function change_list_telling(
  _letters text, _actor actor, _permit permit, _identifier text, _is_negative boolean, _mode smallint, _rights smallint,
  _detail text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform set_config('postroom.letters', _letters, true);
  return query
    select c.mailbox, c.modseq
      from change_list(_actor, _permit, _identifier, _is_negative, _mode, _rights, _detail) c;
end
$$;
