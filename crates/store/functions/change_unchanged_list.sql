-- As change_list, where nobody has changed who may do what in the mailbox since the permit was given; refuses with PR007 otherwise.
create or replace function change_unchanged_list(
  _actor actor, _permit permit, _identifier text, _is_negative boolean, _mode smallint, _rights smallint,
  _detail text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  return query
    select c.mailbox, c.modseq
      from change_list(_actor, _permit, _identifier, _is_negative, _mode, _rights, _detail) c;
  -- By now the row is locked, and was touched once.
  if not exists (select from mailbox m
                  where m.id = _permit.mailbox
                    and m.rights_version = _permit.rights_version + 1) then
    raise exception using errcode = 'PR007', message = 'the list was changed';
  end if;
end
$$;
