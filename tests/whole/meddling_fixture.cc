#include "meddling_fixture.h"

namespace leat::whole {

namespace {

class MeddlingChannel : public wire::Channel {
 public:
  MeddlingChannel(std::unique_ptr<wire::Channel> under, std::shared_ptr<Meddling> meddling)
      : under_(std::move(under)), meddling_(std::move(meddling)) {}

  void call(wire::Frame request, OneShot<Result<wire::Frame>> reply) override {
    const Buf flat = request.flatten();
    const auto parsed = wire::parse_request(flat);
    if (!parsed) return under_->call(wire::Frame(flat), std::move(reply));
    auto changed = meddling_->request ? meddling_->request(*parsed) : std::nullopt;
    under_->call(changed ? std::move(*changed) : wire::Frame(flat),
                 [meddling = meddling_, header = parsed->header,
                  reply = std::move(reply)](Result<wire::Frame> response) mutable {
                   if (!response || !meddling->response) return reply(std::move(response));
                   const Buf answer = response->flatten();
                   auto other = meddling->response(header, answer);
                   reply(other ? std::move(*other) : wire::Frame(answer));
                 });
  }
  void send(wire::Frame request) override { under_->send(std::move(request)); }
  bool open() const override { return under_->open(); }

 private:
  std::unique_ptr<wire::Channel> under_;
  std::shared_ptr<Meddling> meddling_;
};

class MeddlingConnector : public wire::Connector {
 public:
  MeddlingConnector(std::unique_ptr<wire::Connector> under, Meddling meddling)
      : under_(std::move(under)), meddling_(std::make_shared<Meddling>(std::move(meddling))) {}

  void connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) override {
    under_->connect(
        broker, [meddling = meddling_, done = std::move(done)](Result<std::unique_ptr<wire::Channel>> channel) mutable {
          if (!channel) return done(channel.error());
          done(std::unique_ptr<wire::Channel>(new MeddlingChannel(std::move(*channel), meddling)));
        });
  }

 private:
  std::unique_ptr<wire::Connector> under_;
  std::shared_ptr<Meddling> meddling_;
};

class UnsyncedFile : public File {
 public:
  UnsyncedFile(std::unique_ptr<File> under, Loop& loop) : under_(std::move(under)), loop_(loop) {}

  Result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) override {
    return under_->read_at(position, to, size);
  }
  Status write_at(std::uint64_t position, const BufChain& bytes) override { return under_->write_at(position, bytes); }
  Status truncate(std::uint64_t size) override { return under_->truncate(size); }
  Result<std::uint64_t> size() override { return under_->size(); }
  void sync(OneShot<Status> done) override {
    loop_.post([done = std::move(done)]() mutable { done({}); });
  }
  Status sync_now() override { return {}; }

 private:
  std::unique_ptr<File> under_;
  Loop& loop_;
};

class UnsyncedFiles : public Files {
 public:
  UnsyncedFiles(World world, std::function<bool(const std::string&)> skips)
      : under_(world.files), loop_(world.loop), skips_(std::move(skips)) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = under_.open(path, mode);
    if (!file || !skips_(path)) return file;
    return std::unique_ptr<File>(new UnsyncedFile(std::move(*file), loop_));
  }
  Status remove(const std::string& path) override { return under_.remove(path); }
  Status rename(const std::string& from, const std::string& to) override { return under_.rename(from, to); }
  bool exists(const std::string& path) override { return under_.exists(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return under_.list(directory); }
  Status make_directories(const std::string& path) override { return under_.make_directories(path); }
  Status remove_directory(const std::string& path) override { return under_.remove_directory(path); }
  Status sync_directory(const std::string& path) override {
    return skips_(path + "/") ? Status() : under_.sync_directory(path);
  }
  Result<std::unique_ptr<File>> lock(const std::string& path) override { return under_.lock(path); }

 private:
  Files& under_;
  Loop& loop_;
  std::function<bool(const std::string&)> skips_;
};

}  // namespace

std::unique_ptr<wire::Connector> meddling(std::unique_ptr<wire::Connector> under, Meddling meddling) {
  return std::make_unique<MeddlingConnector>(std::move(under), std::move(meddling));
}

std::unique_ptr<Files> unsynced_files(World world, std::function<bool(const std::string&)> skips) {
  return std::make_unique<UnsyncedFiles>(world, std::move(skips));
}

}  // namespace leat::whole
