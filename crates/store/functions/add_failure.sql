-- Counts one more failure; returns how many there are now.
create or replace function add_failure(_user bytea, _network text, _forget_after interval) returns integer
language sql as $$
  insert into wrong_password as w (user_hash, network, failures, failed_at)
  values (_user, _network, 1, now())
      on conflict (network, user_hash) do update
     set failures = case
                      when w.failed_at < now() - _forget_after then 1
                      else least(w.failures, 1000000) + 1
                    end,
         failed_at = now()
  returning w.failures
$$;
