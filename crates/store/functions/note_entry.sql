-- Notes that an entry of a list has `l` now, or has it no longer, where letters are wanted and nobody owns the mailbox. What it was
-- before the first of several changes stays noted.
create or replace function note_entry(
  _giver bigint, _mailbox bigint, _identifier text, _is_negative boolean, _had_lookup boolean, _has_lookup boolean
) returns void
language plpgsql as $$
begin
  if _had_lookup = _has_lookup or not letters_wanted() then
    return;
  end if;
  insert into entry_change (mailbox, identifier, is_negative, had_lookup, giver)
  select n.mailbox, _identifier, _is_negative, _had_lookup, _giver
    from mailbox_name n
   where n.mailbox = _mailbox
     and n.owner = 0
  on conflict (mailbox, identifier, is_negative) do nothing;
end
$$;
