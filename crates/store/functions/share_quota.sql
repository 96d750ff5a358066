-- Whether what goes from one mailbox to the other takes no room.
create or replace function share_quota(_one bigint, _other bigint) returns boolean
language plpgsql stable as $$
begin
  return (select count(distinct coalesce(n.quota_root, 0)) = 1
            from mailbox_name n
           where n.mailbox in (_one, _other));
end
$$;
