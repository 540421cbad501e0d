//! Calls that clippy must refuse in the core: `cargo xtask test purity-calls` compares what it says with the marks.

fn main() {
    clocks();
    random_ids();
    environment();
    files();
    sockets();
    println!("{}", "the core may do this".len());
}

fn clocks() {
    let _ = std::time::SystemTime::now(); // refused
    let _ = std::time::Instant::now(); // refused
    let _ = chrono::Utc::now(); // refused
    let _ = chrono::Local::now(); // refused
    std::thread::sleep(std::time::Duration::ZERO); // refused
}

fn random_ids() {
    let _ = uuid::Uuid::new_v4(); // refused
    let _ = uuid::Uuid::now_v7(); // refused
    let _ = std::collections::hash_map::RandomState::new(); // refused
}

fn environment() {
    let _ = std::env::var("HOME"); // refused
    let _ = std::env::args(); // refused
}

fn files() {
    let _ = std::fs::read("a"); // refused
    let _ = std::fs::read_to_string("a"); // refused
    let _ = std::fs::write("a", "b"); // refused
    let _ = std::fs::File::open("a"); // refused
}

fn sockets() {
    let _ = std::net::TcpStream::connect("localhost:1"); // refused
    let _ = std::net::TcpListener::bind("localhost:0"); // refused
    let _ = std::process::Command::new("true"); // refused
}
