update cve_request set state = 'withdrawn', closed_at = asked_at where state = 'open' and exists (
  select 1 from cve_request as other where other.stream = cve_request.stream and other.state = 'open'
    and (other.asked_at > cve_request.asked_at or (other.asked_at = cve_request.asked_at and other.id > cve_request.id)));
create unique index cve_request_open on cve_request (stream) where state = 'open';
