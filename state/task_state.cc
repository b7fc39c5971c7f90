#include "state/task_state.h"

#include "state/record_collector.h"

namespace leat {

void StoreContext::log_change(BytesView key, std::optional<BytesView> value) const {
  if (!collector) return;
  collector->send({.topic = changelog_topic,
                   .key = key,
                   .value = value,
                   .timestamp = context->timestamp,
                   .headers = context->headers,
                   .partition = partition,
                   .from = changelog_topic});
}

Status TaskState::open(StoreContext context) {
  RecordCollector* collector = context.collector;
  context.backend = backend_.get();
  open_ = true;
  for (Entry& entry : stores_) {
    const bool logged = !entry.changelog_topic.empty() && !entry.changelog_is_source;
    context.changelog_topic = entry.changelog_topic;
    context.collector = logged ? collector : nullptr;
    if (Status opened = entry.store->open(context); !opened.ok()) {
      return opened.error().in("store " + entry.store->name());
    }
  }
  return {};
}

void TaskState::close() {
  if (!open_) return;
  open_ = false;
  for (Entry& entry : stores_) entry.store->close();
}

StateStore* TaskState::find(std::string_view name) const {
  for (const Entry& entry : stores_) {
    if (entry.store->name() == name) return entry.store.get();
  }
  return nullptr;
}

std::vector<TaskState::Changelog> TaskState::changelogs() const {
  std::vector<Changelog> changelogs;
  for (const Entry& entry : stores_) {
    if (entry.changelog_topic.empty()) continue;
    Changelog changelog{entry.changelog_topic, entry.store.get(), std::nullopt};
    const auto& offsets = backend_->changelog_offsets();
    const auto offset = offsets.find(entry.changelog_topic);
    if (entry.store->persistent() && offset != offsets.end()) changelog.next_offset = offset->second;
    const auto reached = reached_.find(entry.changelog_topic);
    if (!entry.store->persistent() && reached != reached_.end()) changelog.next_offset = reached->second;
    changelogs.push_back(std::move(changelog));
  }
  return changelogs;
}

void TaskState::flush() {
  for (Entry& entry : stores_) entry.store->flush();
}

Status TaskState::install(const std::map<std::string, std::int64_t>& changelog_offsets) {
  std::map<std::string, std::int64_t> persistent;
  for (const Entry& entry : stores_) {
    const auto offset = changelog_offsets.find(entry.changelog_topic);
    if (offset == changelog_offsets.end()) continue;
    entry.store->persistent() ? (void)persistent.insert(*offset)
                              : (void)reached_.insert_or_assign(offset->first, offset->second);
  }
  LEAT_RETURN_IF_ERROR(backend_->install(persistent));
  for (Entry& entry : stores_) {
    const auto offset = changelog_offsets.find(entry.changelog_topic);
    const bool known = !entry.changelog_topic.empty() && offset != changelog_offsets.end();
    const Status told = entry.store->committed(known ? std::optional(offset->second) : std::nullopt);
    if (!told) return told.error().in("store " + entry.store->name());
  }
  return {};
}

}  // namespace leat
