export default function Epochs() {
  return <h1>Epochs</h1>;
}
