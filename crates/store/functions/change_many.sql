-- Says that what follows in this transaction is not one grant by hand: nobody is told of it by a letter, unless all are wanted.
create or replace function change_many() returns void
language plpgsql as $$
begin
  if letters_wanted() and current_setting('postroom.letters', true) <> 'all' then
    perform set_config('postroom.letters', 'none', true);
  end if;
end
$$;
