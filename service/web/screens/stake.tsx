export default function Stake() {
  return <h1>Stake</h1>;
}
