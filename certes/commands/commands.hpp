#pragma once
// What each command does: its exit status. Called once, by main, on its thread; they block until done, and print for a
// person (or JSON) on standard output, errors on standard error.

#include "certes/options.hpp"

namespace certes::command {

int run_command(const ServeOptions& options);
int run_command(const SendOptions& options);
int run_command(const CommandOptions& options);
int run_command(const ListenOptions& options);
int run_command(const ApplyOptions& options);
int run_command(const ExportOptions& options);
int run_command(const ConfigCheckOptions& options);
int run_command(const ConfigOptions& options);
int run_command(const BackupOptions& options);
int run_command(const EraseOptions& options);
int run_command(const RestoreOptions& options);
int run_command(const DoctorOptions& options);
int run_command(const TopicsOptions& options);
int run_command(const ProgressSkipOptions& options);
int run_command(const VersionOptions& options);
int run_command(const ResourceOptions& options);
int run_command(const DeadLetterOptions& options);
int run_command(const AuditOptions& options);
int run_command(const EventOptions& options);
int run_command(const JobOptions& options);
int run_command(const RelayRunOptions& options);
int run_command(const RelayControlOptions& options);
int run_command(const TailOptions& options);
int run_command(const TopOptions& options);
int run_command(const TryOptions& options);

}  // namespace certes::command
