use affetti_feel::art::{ArtConfig, train_art};
use affetti_train::checkpoint::History;
use affetti_train::{Progress, Watch};
struct Say;
impl Watch for Say {
    fn progress(&mut self, p: &Progress) {
        if p.step % 10 == 0 {
            eprintln!(
                "epoch {}/{} step {}/{} loss {:.4} left {:?}",
                p.epoch, p.epochs, p.step, p.steps, p.loss, p.left
            );
        }
    }
    fn epoch(&mut self, h: &History) {
        eprintln!("{:?} {:?}", h.columns, h.rows.last());
    }
    fn stop(&self) -> bool {
        false
    }
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let config = ArtConfig::read(args[1].as_ref()).expect("config");
    let done = train_art(
        &config,
        args[2].as_ref(),
        args[3].as_ref(),
        args[4].as_ref(),
        args.get(5).is_some(),
        &mut Say,
    );
    eprintln!("{done:?}");
}
