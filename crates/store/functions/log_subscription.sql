-- Tells the directory what an account subscribed to.
create or replace function log_subscription() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, account)
  values (2 /* directory: subscriptions */, case when tg_op = 'DELETE' then old.account else new.account end);
  return null;
end
$$;

create or replace trigger directory_hears after insert or delete or update of is_wanted on subscription
  for each row execute function log_subscription();
