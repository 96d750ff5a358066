-- Whether whoever is given a shared mailbox now is to be told by a letter: 'by-hand' and 'all' say so, as a connection has it
-- from its node's settings, or a transaction for itself. A release that knows of no letters says nothing.
create or replace function letters_wanted() returns boolean
language sql stable as $$
  select coalesce(current_setting('postroom.letters', true) in ('by-hand', 'all'), false)
$$;
