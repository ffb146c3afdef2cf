#pragma once
// /backups: copies of the embedded log, made while it is used: asked for, listed, ended or deleted. They are the
// installation's, so keys of its tenant, default, see them. On Kafka 501: brokers keep copies. Who: the table of
// routes. On a worker; blocks on the directory.

#include "api/call.hpp"

namespace certes::api {

// 202: it is being made.
Result<http::Response> create_backup(const Call& call, Services& services);
Result<http::Response> list_backups(const Call& call, Services& services);
Result<http::Response> show_backup(const Call& call, Services& services);
Result<http::Response> delete_backup(const Call& call, Services& services);

}  // namespace certes::api
