#include "streams/state_directory.h"

#include "base/log.h"

namespace leat {

namespace {

constexpr std::string_view kProcessFile = "/kafka-streams-process-metadata";
constexpr std::string_view kBefore = "{\"processId\":\"";
constexpr std::string_view kBehind = "\"}";

Result<Uuid> parse_process_file(std::string_view text) {
  const auto begin = text.find(kBefore);
  if (begin == std::string_view::npos) return Error{ErrorKind::kCorrupt, "no processId in it"};
  return Uuid::from_string(text.substr(begin + kBefore.size(), 36));
}

}  // namespace

Result<std::unique_ptr<StateDirectory>> StateDirectory::open(Files& files, Random& random, const std::string& state_dir,
                                                             const std::string& application_id) {
  std::unique_ptr<StateDirectory> directory(new StateDirectory(files, state_dir + "/" + application_id));
  if (auto made = files.make_directories(directory->path_); !made)
    return made.error().in("state.dir " + state_dir + " cannot be used; choose another one");
  auto lock = files.lock(directory->path_ + "/.lock");
  if (!lock) {
    if (lock.error().kind != ErrorKind::kAlreadyExists) return lock.error().in("state.dir " + state_dir);
    return Error{ErrorKind::kAlreadyExists, "another process of '" + application_id + "' works in " + directory->path_ +
                                                "; stop it, or give this one a state.dir of its own"};
  }
  directory->lock_ = std::move(*lock);
  LEAT_RETURN_IF_ERROR(directory->read_or_draw_process_id(random));
  return directory;
}

Status StateDirectory::read_or_draw_process_id(Random& random) {
  const std::string path = path_ + std::string(kProcessFile);
  if (files_.exists(path)) {
    LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(files_, path));
    if (auto id = parse_process_file(text)) {
      process_id_ = *id;
      return {};
    }
    // The id only helps to find the state again; the state itself does not depend on it.
    log_line(LogLevel::kWarn, "streams", "process file cannot be read, a new process id is drawn", {{"path", path}});
  }
  process_id_ = Uuid::random(random);
  return write_file_atomically(files_, path, std::string(kBefore) + process_id_.to_string() + std::string(kBehind));
}

std::vector<TaskId> StateDirectory::tasks() const {
  std::vector<TaskId> found;
  const auto names = files_.list(path_);
  if (!names) return found;
  for (const std::string& name : *names)
    if (auto task = TaskId::parse(name)) found.push_back(*task);
  return found;
}

}  // namespace leat
