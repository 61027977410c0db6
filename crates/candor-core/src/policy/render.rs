//! What a policy publishes: SECURITY.md, security.txt, HTML, JSON.
